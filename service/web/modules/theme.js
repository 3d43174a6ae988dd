/** Light, dark, or as the system has it; kept in this browser. */

const KEPT = "theme";

/** Have the choice in the menu follow what is kept, and the page what is chosen. */
export function start() {
  const chosen = localStorage.getItem(KEPT) ?? "system";
  for (const each of document.querySelectorAll("input[name=theme]")) {
    each.checked = each.value === chosen;
    each.addEventListener("change", () => choose(each.value));
  }
}

function choose(theme) {
  if (theme === "system") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, theme);
  document.documentElement.dataset.theme = theme;
}
