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
    else if (event.target === document.body) arrive(event.detail.xhr?.responseURL);
    headed();
    putBack();
    watch();
  });
  // After an act one is where it was done, and is told there what became of it; else at the page's head.
  const arrive = (url) => {
    const at = document.getElementById((url && new URL(url).searchParams.get("at")) || "");
    const said = at && document.querySelector("#said > .said");
    if (said) at.prepend(said);
    const to = at || document.getElementById("main");
    if (at) at.tabIndex = -1;
    if (to) to.focus({ preventScroll: true });
    if (at) at.scrollIntoView(); else window.scrollTo(0, 0);
  };
  // On a telephone a table's row is read from above: each cell is told with what stands at the head of its column.
  const headed = () => {
    for (const table of document.querySelectorAll("table.stack")) {
      const heads = [...table.querySelectorAll("thead th")].map((one) => one.textContent.trim());
      for (const row of table.tBodies[0]?.rows || []) [...row.cells].forEach((cell, at) => {
        if (at && cell.tagName === "TD" && cell.colSpan === 1 && heads[at] && cell.textContent.trim() && !cell.querySelector("form, details, button")) cell.dataset.heading = heads[at];
      });
    }
  };
  const tell = (words, kind = "said wrong") => {
    const said = document.getElementById("said");
    if (!said || !words) return;
    const p = document.createElement("p");
    p.className = kind;
    p.textContent = words;
    said.replaceChildren(p);
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => tell(document.getElementById("said")?.dataset.away));

  // What takes longer says so at once, how much of a file has gone, and that one need not wait; it is not sent twice.
  let work = null;
  const working = () => {
    const words = document.getElementById("said")?.dataset;
    if (work && words) tell(work.part < 1 ? `${words.sending} ${Math.floor(work.part * 100)} %` : words.busy, "said busy");
  };
  const rest = () => {
    if (!work) return;
    clearTimeout(work.timer);
    for (const button of work.buttons) button.disabled = false;
    document.querySelector("#said > .busy")?.remove();
    work = null;
  };
  document.addEventListener("htmx:beforeSend", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    rest();
    const files = [...form.elements].some((one) => one.type === "file" && one.files.length);
    work = { form, xhr: event.detail.xhr, part: files ? 0 : 1, told: 0, buttons: [...form.elements].filter((one) => one.type === "submit" && !one.disabled), timer: setTimeout(working, 300) };
    for (const button of work.buttons) button.disabled = true;
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    if (!work || event.target !== work.form || !event.detail.lengthComputable || work.part === 1) return;
    work.part = event.detail.loaded / event.detail.total;
    if (work.part < 1 && Date.now() - work.told < 1000) return;
    work.told = Date.now();
    working();
  });
  // Told on the form, and where the answer took the form's place, on what still stands: the request is the same.
  document.addEventListener("htmx:afterRequest", (event) => { if (work && event.detail.xhr === work.xhr) rest(); });
  document.addEventListener("submit", (event) => { if (event.target.matches("[data-long]")) tell(document.getElementById("said")?.dataset.wait, "said busy"); });

  // Kept while typed: at the latest two seconds after the last key, and when the page is left.
  const waiting = new Map();
  const typed = (field) => {
    if (!(field instanceof HTMLFormElement)) return field.value === field.defaultValue ? "" : field.value;
    const all = field.dataset.left === undefined ? [...new FormData(field)].filter(([name]) => name !== "csrf") : shortly(field);
    const text = new URLSearchParams(all).toString();
    return text === before.get(field) ? "" : text;
  };
  // Short fields are kept by the form that they stand in; a long one has its own place. Passwords and files nowhere.
  const before = new WeakMap();
  const short = (one) => one.name && !one.closest("[data-keep]:not(form)") && !["hidden", "password", "file", "submit", "button"].includes(one.type);
  const shortly = (form) => {
    const names = new Set([...form.elements].filter(short).map((one) => one.name));
    return [...new FormData(form)].filter(([name, value]) => names.has(name) && typeof value === "string");
  };
  const putBack = () => {
    for (const form of document.querySelectorAll("form[data-left]")) {
      if (before.has(form)) continue;
      before.set(form, new URLSearchParams(shortly(form)).toString());
      if (!form.dataset.left) continue;
      const left = new URLSearchParams(form.dataset.left), next = new Map();
      for (const one of [...form.elements].filter(short)) {
        const values = left.getAll(one.name);
        if (one.type === "checkbox" || one.type === "radio") one.checked = values.includes(one.value);
        else if (one.multiple && one.options) for (const option of one.options) option.selected = values.includes(option.value);
        else {
          const at = next.get(one.name) || 0, value = values[at];
          next.set(one.name, at + 1);
          if (value !== undefined && (!one.options || [...one.options].some((option) => option.value === value))) one.value = value;
        }
      }
      form.querySelector(".kept[hidden]")?.removeAttribute("hidden");
      for (let at = form.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    }
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
  putBack();
  watch();
})();
