// Not a module: it runs before anything is painted, so that a page never flashes in the other look, nor as if nothing were asked.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "system";
document.documentElement.classList.toggle("busy", /[?&](text|also|clip|window|upload)=/.test(location.search));
