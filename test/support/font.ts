import { FONT_FILE } from '@vigie/agent/process/font';

/** The font that the agent ships. */
export const fontFile = FONT_FILE;
