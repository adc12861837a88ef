// Reads the header of a binary frame of fleet.v1. The records stay where they are:
// fleet_store reads them in place through typed views (all little endian, as is every browser's machine).

export const FRAME_SNAPSHOT = 1;
export const FRAME_UPDATE = 2;
export const HEADER_BYTES = 32;
export const RECORD_BYTES = 24;
const FRAME_VERSION = 1;

/**
 * @typedef {object} PositionFrame
 * @property {number} kind FRAME_SNAPSHOT or FRAME_UPDATE
 * @property {number} part counts from 1
 * @property {number} parts
 * @property {number} count records
 * @property {number} removedCount vehicle ids after the records
 * @property {number} seq
 * @property {number} sentAtMs the server's clock
 * @property {ArrayBuffer} buffer
 */

/** @param {ArrayBuffer} buffer @returns {PositionFrame} */
export function readPositionFrame(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError('binary frame is shorter than its header');
  const view = new DataView(buffer);
  const frame = {
    kind: view.getUint8(0),
    part: view.getUint16(2, true),
    parts: view.getUint16(4, true),
    count: view.getUint32(8, true),
    removedCount: view.getUint32(12, true),
    seq: Number(view.getBigUint64(16, true)),
    sentAtMs: view.getFloat64(24, true),
    buffer,
  };
  if (view.getUint8(1) !== FRAME_VERSION) throw new RangeError('binary frame of an unknown version');
  const length = HEADER_BYTES + frame.count * RECORD_BYTES + frame.removedCount * 4;
  if (length !== buffer.byteLength) throw new RangeError('binary frame has the wrong length');
  return frame;
}
