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
    if (event.target.id === "said") { if (event.detail.requestConfig?.elt instanceof HTMLFormElement) { event.target.setAttribute("tabindex", "-1"); event.target.focus(); } }  // what asks by itself takes nobody's place
    else if (event.target === document.body) arrive(event.detail.xhr?.responseURL);
    headed();
    putBack();
    watch();
    hear();
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
    return p;
  };
  // Who entered again in another tab goes on in this one: the desk says by which token, for pages that they had open before.
  const renew = (fresh) => {
    if (!fresh) return;
    document.body.dataset.token = fresh;
    for (const one of document.querySelectorAll('input[name="csrf"]')) one.value = fresh;
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
  const soon = (field, later) => {
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(keep, later, field));
  };
  const keep = (field) => {
    waiting.delete(field);
    const body = new URLSearchParams({ csrf: token(), place: field.dataset.keep, text: typed(field) });
    fetch("/kept", { method: "POST", body, keepalive: body.toString().length < 60000 })
      .then((answer) => {
        if (answer.status === 422) tell(document.getElementById("said")?.dataset.long);
        if (!OUT.includes(answer.status)) return keptAgain(field);
        if (went.has(field)) return;  // sent meanwhile
        again(field, answer.headers);
        if (!answer.headers.get(TOKEN)) out(answer.status === 401 ? "out" : "other");
      }).catch(() => undefined);
  };
  // What is not kept, for its writer is not entered any more, stays in the page and is tried again; that is said.
  const TOKEN = "X-Desk-Token", OUT = [401, 403], unkept = new Set(), went = new WeakSet();
  const again = (field, headers) => {
    unkept.add(field);
    renew(headers.get(TOKEN));
    if (!waiting.has(field)) soon(field, headers.get(TOKEN) ? 0 : 10000);
  };
  const out = (why) => {
    const said = document.getElementById("said");
    const told = said?.querySelector(".out");
    if (!said || (told && (told.dataset.why || why) === why)) return;
    const a = Object.assign(document.createElement("a"), { href: "/enter", target: "_blank", textContent: said.dataset.enter });
    const p = tell(said.dataset[why], "said wrong out");
    p.dataset.why = why;
    p.append(" ", a);
  };
  const keptAgain = (field) => {
    if (unkept.delete(field) && !unkept.size && document.querySelector("#said > .out")) tell(document.getElementById("said").dataset.again, "said");
  };
  addEventListener("beforeunload", (event) => { if (unkept.size) event.preventDefault(); });
  document.addEventListener("input", (event) => {
    const field = event.target.closest("textarea[data-keep], form[data-keep]");
    if (!field) return;
    went.delete(field);
    soon(field, 2000);
  });
  const flush = () => { for (const [field, timer] of waiting) { clearTimeout(timer); keep(field); } };
  addEventListener("pagehide", flush);
  // Left, or come back to after having entered in another tab.
  document.addEventListener("visibilitychange", flush);
  const places = (form) => [form, ...form.querySelectorAll("[data-keep]")];
  const sent = (form) => { for (const field of places(form)) { clearTimeout(waiting.get(field)); waiting.delete(field); unkept.delete(field); went.add(field); } };
  document.addEventListener("submit", (event) => sent(event.target));
  // Sent in place and refused to who is not entered any more, it is to be kept as if it had not been sent.
  document.addEventListener("htmx:afterRequest", ({ detail: { elt: form, xhr } }) => {
    const headers = new Headers({ [TOKEN]: xhr.getResponseHeader(TOKEN) || "" });
    renew(headers.get(TOKEN));
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || !OUT.includes(xhr.status)) return;
    for (const field of places(form)) if (field.dataset.keep && typed(field)) { went.delete(field); again(field, headers); }
  });

  // What changes by itself. `data-changes` is asked for server-sent events, then `data-now` is put in its place.
  let source = null;
  const watch = () => {
    const place = document.querySelector("[data-changes]");
    if (source && (!place || source.place !== place)) { source.close(); source = null; }
    if (!place || source) return;
    source = new EventSource(place.dataset.changes);
    source.place = place;
    source.addEventListener("changed", () => lookAgain(place));
  };
  // Not under the hands of who filters what is shown: once they have left, and had the time to press the filter's button.
  let missed = null;
  const lookAgain = (place) => {
    missed = place.contains(document.activeElement) && document.activeElement.matches("input, textarea, select, .filter button") ? place : null;
    if (!missed) window.htmx.ajax("GET", place.dataset.now, { source: place, target: place, swap: "innerHTML" });
  };
  document.addEventListener("focusout", () => setTimeout(() => { if (missed?.isConnected) lookAgain(missed); }, 300));
  // What is asked for every few seconds is not read out each time: its head alone, when that says something else.
  let told = 0, later = 0;
  const hear = () => {
    const place = document.getElementById("heard");
    const head = place && (document.querySelector("[data-now] .lead")?.textContent || "").replace(/\s+/g, " ").trim();
    if (!place || head === place.dataset.head) return;
    if (place.dataset.head !== undefined) {
      clearTimeout(later);
      const wait = told + 5000 - Date.now();  // letters leave one after the other
      if (wait > 0) { later = setTimeout(hear, wait); return; }
      place.textContent = head;
      told = Date.now();
    }
    place.dataset.head = head;
  };
  headed();
  putBack();
  watch();
  hear();
})();
