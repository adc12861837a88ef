/** Addresses of hashed files, set at build time. */
declare const OUTLINES_URL: string;
declare const FLEET_WORKER_URL: string;
