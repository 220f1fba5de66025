// Passkeys: what the browser is asked for is fetched, the device answers, the answer goes as an ordinary form. Without script,
// or in a browser without passkeys, what needs them stays hidden, and one enters with the password.
"use strict";
(() => {
  const able = Boolean(window.isSecureContext && window.PublicKeyCredential && navigator.credentials);
  const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const forms = () => document.querySelectorAll("form[data-passkey]");

  const show = () => { if (able) for (const form of forms()) { form.hidden = false; for (const one of document.querySelectorAll("[data-no-passkey]")) one.hidden = true; } };
  const say = (words) => {
    const said = document.getElementById("said"), p = document.createElement("p");
    p.className = "said wrong";
    p.setAttribute("role", "alert");
    p.textContent = words;
    said.replaceChildren(p);
    said.setAttribute("tabindex", "-1");
    said.focus();
  };

  const asked = async (form) => {
    const body = new URLSearchParams(new FormData(form));
    for (const name of ["answer", "to"]) body.delete(name);
    const headers = { "HX-Request": "true", "X-Desk-Token": document.body.dataset.token || "" };
    const answer = await fetch(form.dataset.passkey, { method: "POST", body, headers });
    if (answer.ok) return answer.json();
    throw new Error(new DOMParser().parseFromString(await answer.text(), "text/html").body.textContent.trim());
  };
  const enter = async (options) => {
    const made = await navigator.credentials.get({ publicKey: { ...options, challenge: octets(options.challenge), allowCredentials: [] } });
    const { authenticatorData, clientDataJSON, signature, userHandle } = made.response;
    return [made, { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: userHandle ? text(userHandle) : "" }];
  };
  const add = async (options) => {
    const made = await navigator.credentials.create({ publicKey: {
      ...options, challenge: octets(options.challenge), user: { ...options.user, id: octets(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((one) => ({ ...one, id: octets(one.id) })),
    } });
    const { attestationObject, clientDataJSON } = made.response;
    return [made, { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) }];
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const options = await asked(form);
      const [made, response] = await (options.user ? add(options) : enter(options));
      form.elements.answer.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
      for (const one of form.querySelectorAll("input[type=password]")) one.value = "";
      form.submit();
    } catch (error) {
      const known = { NotAllowedError: form.dataset.left, InvalidStateError: form.dataset.have, SecurityError: form.dataset.left, TypeError: form.dataset.away };
      say((error instanceof DOMException || error instanceof TypeError ? known[error.name] : error.message) || form.dataset.left);
    } finally {
      button.disabled = false;
    }
  });
  document.addEventListener("htmx:afterSwap", show);
  show();
})();
