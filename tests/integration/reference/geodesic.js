// Distance on the WGS 84 ellipsoid by Vincenty's inverse formula, in metres.

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const rad = (deg) => (deg * Math.PI) / 180;

function geodesic_m(from, to) {
  const L = rad(to.lon - from.lon);
  const U1 = Math.atan((1 - F) * Math.tan(rad(from.lat)));
  const U2 = Math.atan((1 - F) * Math.tan(rad(to.lat)));
  let lambda = L;
  for (let i = 0; i < 200; i++) {
    const sinSigma = Math.hypot(Math.cos(U2) * Math.sin(lambda),
      Math.cos(U1) * Math.sin(U2) - Math.sin(U1) * Math.cos(U2) * Math.cos(lambda));
    if (sinSigma === 0) {
      return 0;
    }
    const cosSigma = Math.sin(U1) * Math.sin(U2) + Math.cos(U1) * Math.cos(U2) * Math.cos(lambda);
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (Math.cos(U1) * Math.cos(U2) * Math.sin(lambda)) / sinSigma;
    const cosSqAlpha = 1 - sinAlpha ** 2;
    const cos2SigmaM = cosSqAlpha === 0 ? 0 : cosSigma - (2 * Math.sin(U1) * Math.sin(U2)) / cosSqAlpha;
    const C = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha));
    const before = lambda;
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2SigmaM + C * cosSigma * (2 * cos2SigmaM ** 2 - 1)));
    if (Math.abs(lambda - before) < 1e-13) {
      const uSq = (cosSqAlpha * (A ** 2 - B ** 2)) / B ** 2;
      const bigA = 1 + (uSq / 16384) * (4096 + uSq * (-768 + uSq * (320 - 175 * uSq)));
      const bigB = (uSq / 1024) * (256 + uSq * (-128 + uSq * (74 - 47 * uSq)));
      const deltaSigma = bigB * sinSigma * (cos2SigmaM + (bigB / 4) * (cosSigma * (2 * cos2SigmaM ** 2 - 1)
        - (bigB / 6) * cos2SigmaM * (4 * sinSigma ** 2 - 3) * (4 * cos2SigmaM ** 2 - 3)));
      return B * bigA * (sigma - deltaSigma);
    }
  }
  throw new Error('nearly antipodal points are not what a vehicle drives between');
}

export { geodesic_m };
