/** The lines of a text that somebody typed, without empty ones. */
export const lines = (text) => text.split("\n").map((each) => each.trim()).filter(Boolean);
