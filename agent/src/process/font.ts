import { fileURLToPath } from 'node:url';

/** The font that is shipped for text in pictures, by family and file: a machine without fonts would draw boxes. */
export const FONT_FAMILY = 'DejaVu Sans';
export const FONT_FILE = fileURLToPath(new URL('../../assets/fonts/DejaVuSans.ttf', import.meta.url));
