// Numbers as people read them.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/**
 * Write a number of bytes with three digits: 335 MB, 1.23 GB.
 * @param {number | null | undefined} bytes
 * @returns {string} "?" when the size is not known
 */
export function size(bytes) {
  if (bytes == null || !Number.isFinite(bytes) || bytes < 0) return "?";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 99.5 ? value.toPrecision(3) : Math.round(value)} ${UNITS[unit]}`;
}

/**
 * Write bytes per second; nothing while the speed is not known.
 * @param {number | null | undefined} bytesPerSecond
 */
export function speed(bytesPerSecond) {
  return bytesPerSecond ? `${size(bytesPerSecond)}/s` : "";
}

/**
 * Write a time span: 12 s, 3 min 20 s, 2 h 5 min.
 * @param {number | null | undefined} seconds
 * @returns {string} empty when nobody can tell
 */
export function duration(seconds) {
  if (seconds == null || !Number.isFinite(seconds) || seconds < 0) return "";
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/**
 * Tell how much of something is done, in whole percent.
 * @param {number} done
 * @param {number | null | undefined} total
 * @returns {number | null} null when the total is not known
 */
export function percent(done, total) {
  if (!total || total < 0) return null;
  return Math.max(0, Math.min(100, Math.floor((done / total) * 100)));
}
