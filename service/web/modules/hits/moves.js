/** The grid by keyboard: one card can be reached by Tab, arrows go on from there, Enter asks why. */

const STEPS = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: (columns) => columns, ArrowUp: (columns) => -columns, Home: () => -Infinity, End: () => Infinity };

export function move(list) {
  reach(list.querySelector(".hit"), true);
  list.addEventListener("focusin", ({ target }) => current(list, target.closest(".hit")));
  list.addEventListener("keydown", (event) => {
    const item = event.target.closest(".hit");
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches(".play")) ask(event, item);
    else if (STEPS[event.key]) go(event, list, item);
  });
}

function ask(event, item) {
  event.preventDefault();
  item.dispatchEvent(new CustomEvent("why", { bubbles: true }));
}

function go(event, list, item) {
  event.preventDefault();
  const items = [...list.querySelectorAll(".hit")];
  const columns = items.filter(({ offsetTop }) => offsetTop === items[0].offsetTop).length;
  const next = items.indexOf(item) + STEPS[event.key](columns);
  const at = event.key.startsWith("Arrow") && !items[next] ? items.indexOf(item) : Math.min(items.length - 1, Math.max(0, next));
  items[at].querySelector(".play").focus();
}

function current(list, item) {
  if (!item) return;
  const before = list.querySelector(".play[tabindex='0']")?.closest(".hit");
  if (before && before !== item) reach(before, false);
  reach(item, true);
}

const reach = (item, on) => item.querySelectorAll("button, a").forEach((each) => (each.tabIndex = on ? 0 : -1));
