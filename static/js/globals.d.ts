/** Address of the outlines file, set at build time. */
declare const OUTLINES_URL: string;
declare module '*.css';
