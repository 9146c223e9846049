/** Columns of numbers as the report holds them: base64 of little-endian typed arrays. */

const TYPES = {
  Uint8: Uint8Array,
  Int16: Int16Array,
  Int32: Int32Array,
  Float32: Float32Array,
  Float64: Float64Array,
};

/**
 * The typed array of a column.
 * @param {string | number[]} column base64 text, or numbers
 * @param {keyof typeof TYPES} type
 */
export function decodeColumn(column, type) {
  const Type = TYPES[type];
  if (Array.isArray(column)) return Type.from(column);
  if (typeof column !== "string") throw new Error(`a column of ${type} is missing`);
  const bytes = base64Bytes(column);
  if (bytes.length % Type.BYTES_PER_ELEMENT) throw new Error(`a column of ${type} has ${bytes.length} bytes`);
  return new Type(bytes.buffer, 0, bytes.length / Type.BYTES_PER_ELEMENT);
}

/** Bytes of base64 text, in a buffer of their own. */
export function base64Bytes(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The first index in `from`..`to` of ascending `values` that is at least `value`; `to` if there is none. */
export function lowerBound(values, value, from = 0, to = values.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A short name for the content of typed arrays (FNV-1a, 32 bits, over whole bytes), as hexadecimal text. */
export function contentHash(...arrays) {
  let hash = 0x811c9dc5;
  for (const array of arrays) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
