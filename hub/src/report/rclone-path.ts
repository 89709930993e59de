/**
 * A path as rclone writes it on a line of its own, so that our lists and rclone's can be compared byte by byte: control
 * characters become their pictures (newline is ␊), and a name that holds such a picture itself has ‛ before it. Everything
 * else, bytes that are not UTF-8 too, goes through as it is. Source: rclone's "Restricted filenames" (overview,
 * "Encoding"), and what rclone 1.60 was seen to write for such names in a local folder on Linux.
 */
export function rclonePath(path: string): string {
  return special.test(path) ? path.replace(specials, written) : path;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const special = /[\x01-\x1f\x7f\u2401-\u241f\u2421\u201b]/;
// Quoted already, or a name that stands for `.` or `..`: rclone undoes these quotes and sets them again.
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const specials = /(?<![^/])‛．．?(?![^/])|‛[‛␀／]|[\x01-\x1f\x7f\u2401-\u241f\u2421\u201b]/g;

function written(found: string): string {
  if (found.length > 1) return found;
  const code = found.charCodeAt(0);
  if (code === 0x7f) return '␡';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : `‛${found}`;
}
