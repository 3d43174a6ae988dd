/** Whether the person has asked for no motion; then pictures play only when they say so. */
export const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
