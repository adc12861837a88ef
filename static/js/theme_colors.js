// The colours that the canvases need, read from the style sheet: it alone knows the themes.

/** @typedef {Record<'moving' | 'idling' | 'stopped' | 'silent' | 'halo' | 'label', string>} StatusColors */

/** @returns {StatusColors} */
export function readStatusColors() {
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    moving: color('--status-moving'),
    idling: color('--status-idling'),
    stopped: color('--status-stopped'),
    silent: color('--status-silent'),
    halo: color('--status-halo'),
    label: color('--text'),
  };
}
