// What HTML can't: the session's token on requests in place, what is typed is kept, what changes by itself is shown.
"use strict";
(() => {
  const token = () => document.body.dataset.token || "";
  document.addEventListener("htmx:configRequest", (event) => { if (token()) event.detail.headers["X-Desk-Token"] = token(); });
  // What is put in place of something by itself is unfolded where that was.
  let unfolded = [];
  document.addEventListener("htmx:beforeSwap", (event) => { unfolded = [...event.target.querySelectorAll("details[open][id]")].map((one) => one.id); });
  document.addEventListener("htmx:afterSwap", (event) => {
    for (const id of event.target.matches("[data-now]") ? unfolded : []) document.getElementById(id)?.setAttribute("open", "");
    if (event.target.id === "said") { event.target.setAttribute("tabindex", "-1"); event.target.focus(); }
    else if (event.target === document.body) { const main = document.getElementById("main"); if (main) main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
    headed();
    watch();
  });
  // On a telephone a table's row is read from above: each cell is told with what stands at the head of its column.
  const headed = () => {
    for (const table of document.querySelectorAll("table.stack")) {
      const heads = [...table.querySelectorAll("thead th")].map((one) => one.textContent.trim());
      for (const row of table.tBodies[0]?.rows || []) [...row.cells].forEach((cell, at) => {
        if (at && cell.tagName === "TD" && cell.colSpan === 1 && heads[at] && cell.textContent.trim() && !cell.querySelector("form, details, button")) cell.dataset.heading = heads[at];
      });
    }
  };
  const tell = (words) => {
    const said = document.getElementById("said");
    if (!said || !words) return;
    const p = document.createElement("p");
    p.className = "said wrong";
    p.textContent = words;
    said.replaceChildren(p);
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => tell(document.getElementById("said")?.dataset.away));

  // Kept while typed: at the latest two seconds after the last key, and when the page is left.
  const waiting = new Map();
  const typed = (field) => {
    if (!(field instanceof HTMLFormElement)) return field.value === field.defaultValue ? "" : field.value;
    const all = new FormData(field);
    all.delete("csrf");
    return new URLSearchParams(all).toString();
  };
  const keep = (field) => {
    waiting.delete(field);
    const body = new URLSearchParams({ csrf: token(), place: field.dataset.keep, text: typed(field) });
    fetch("/kept", { method: "POST", body, keepalive: body.toString().length < 60000 })
      .then((answer) => { if (answer.status === 422) tell(document.getElementById("said")?.dataset.long); }).catch(() => undefined);
  };
  document.addEventListener("input", (event) => {
    const field = event.target.closest("textarea[data-keep], form[data-keep]");
    if (!field) return;
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(keep, 2000, field));
  });
  const flush = () => { for (const [field, timer] of waiting) { clearTimeout(timer); keep(field); } };
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
  const sent = (form) => { for (const field of [form, ...form.querySelectorAll("[data-keep]")]) { clearTimeout(waiting.get(field)); waiting.delete(field); } };
  document.addEventListener("submit", (event) => sent(event.target));

  // What changes by itself. `data-changes` is asked for server-sent events, then `data-now` is put in its place.
  let source = null;
  const watch = () => {
    const place = document.querySelector("[data-changes]");
    if (source && (!place || source.place !== place)) { source.close(); source = null; }
    if (!place || source) return;
    source = new EventSource(place.dataset.changes);
    source.place = place;
    source.addEventListener("changed", () => {
      if (place.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
      window.htmx.ajax("GET", place.dataset.now, { source: place, target: place, swap: "innerHTML" });
    });
  };
  headed();
  watch();
})();
