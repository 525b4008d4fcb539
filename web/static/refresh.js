// Renews in place what is marked data-refresh-s: fetches the page again and swaps that part.
// Waits while the tab is hidden, text is selected or the part holds the focus.
"use strict";
(() => {
  const live = document.querySelector("[data-refresh-s]");
  if (!live) return;
  const pauseMs = 1000 * Number(live.dataset.refreshS);
  const busy = () =>
    document.hidden ||
    live.contains(document.activeElement) ||
    (window.getSelection() && !window.getSelection().isCollapsed);
  const opened = () =>
    [...live.querySelectorAll("details[open][id]")].map((one) => one.id);

  async function renew() {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser()
      .parseFromString(await answer.text(), "text/html")
      .querySelector("[data-refresh-s]");
    if (!fresh || busy() || fresh.innerHTML === live.innerHTML) return;
    for (const id of opened()) {
      const one = fresh.querySelector("#" + CSS.escape(id));
      if (one) one.open = true;
    }
    live.replaceChildren(...fresh.childNodes);
  }

  async function forever() {
    for (;;) {
      await new Promise((done) => setTimeout(done, pauseMs));
      if (busy()) continue;
      try {
        await renew();
        live.classList.remove("outdated");
      } catch {
        live.classList.add("outdated"); // the agent is away: what is shown is old
      }
    }
  }
  forever();
})();
