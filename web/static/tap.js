// Shows samples as they pass: one event each from api/v1/tap, the newest on top.
"use strict";
(() => {
  const form = document.getElementById("tap");
  const rows = document.getElementById("tap-rows");
  const state = document.getElementById("tap-state");
  const pause = document.getElementById("pause");
  const KEPT = 200;
  let source = null, paused = false, seen = 0, skipped = 0;

  const say = (text) => { state.textContent = text; };
  function cell(row, text, name, kind) {
    const one = document.createElement("td");
    one.textContent = text;
    if (name) one.dataset.name = name;
    if (kind) one.className = kind;
    row.append(one);
  }
  function show(sample) {
    const row = document.createElement("tr");
    cell(row, new Date(sample.timestamp_ms).toISOString().slice(11, 23), "", "quiet");
    cell(row, sample.series, "", "labels");
    const value = sample.is_marker ? "stale" : sample.value === null ? "histogram" : sample.value;
    cell(row, String(value), "Value", "number");
    cell(row, sample.remote, "Remote", "quiet");
    rows.prepend(row);
    while (rows.children.length > KEPT) rows.lastElementChild.remove();
  }
  function told() {
    const more = skipped ? `, ${skipped} left out` : "";
    say(`${paused ? "Paused" : "Watching"}: ${seen} samples${more}`);
  }
  function stop() {
    if (source) source.close();
    source = null;
    pause.disabled = true;
  }
  function watch() {
    stop();
    rows.replaceChildren();
    seen = skipped = 0;
    const query = new URLSearchParams(new FormData(form));
    history.replaceState(null, "", "?" + query);
    source = new EventSource("api/v1/tap?" + query);
    say("Waiting for samples");
    pause.disabled = false;
    source.onmessage = (event) => {
      const sample = JSON.parse(event.data);
      seen += 1;
      if (sample.skipped_total !== undefined) skipped = sample.skipped_total;
      if (!paused) show(sample);
      told();
    };
    source.onerror = async () => {
      if (source && source.readyState !== EventSource.CLOSED) return say("No answer; trying again");
      stop();
      const answer = await fetch("api/v1/tap?" + query).catch(() => null);
      say(answer && !answer.ok ? (await answer.text()).slice(0, 300) : "The agent does not answer");
      if (answer && answer.body && answer.ok) answer.body.cancel();
    };
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); watch(); });
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    told();
  });
  if (location.search) watch();
})();
