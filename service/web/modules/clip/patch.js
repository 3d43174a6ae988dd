/** What makes one object of another, as a JSON merge patch (RFC 7396): what goes is null, what stays is not in it. */
export function patch(before, after) {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key)).map((key) => [key, null]);
  const other = Object.entries(after).filter(([key, value]) => !Object.hasOwn(before, key) || said(before[key]) !== said(value));
  return Object.fromEntries([...gone, ...other.map(([key, value]) => [key, isObject(before[key]) && isObject(value) ? patch(before[key], value) : value])]);
}

/** Whether it has names and values; a list is said anew as a whole. */
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

const said = (value) => JSON.stringify(value);
