// Looks again while somebody else is to act, warns of time, and measures how messages are written.
(() => {
  const main = document.getElementById("main");
  const pulse = main.dataset.pulse;
  let told = false;
  let away = 0, left = 0, keys = 0, pasted = 0, hidden = null;
  const begun = Date.now();
  const skew = Date.now() - Number(main.dataset.now);

  const composer = () => document.getElementById("composer");
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "talk" && (event.key.length === 1 || event.key === "Enter")) keys += 1;
  });
  document.addEventListener("paste", (event) => {
    if (event.target.id === "talk") pasted += (event.clipboardData?.getData("text") ?? "").length;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { hidden = Date.now(); left += 1; }
    else if (hidden !== null) { away += Date.now() - hidden; hidden = null; }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form === composer() && form.elements.writing) {
      const writing = { keys, pasted, left, away_ms: away, think_ms: Date.now() - begun };
      form.elements.writing.value = JSON.stringify(writing);
    }
    // One press is one move; the server would take a second one for stale.
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });

  // 20 seconds before the time is over, as WCAG 2.2.1 asks.
  setInterval(() => {
    const until = Number(main.dataset.until);
    if (!until || told || Date.now() - skew < until - 20000) return;
    told = true;
    document.getElementById("time-warning").textContent = main.dataset.warning;
  }, 1000);

  if (!pulse) return;
  const look = async () => {
    try {
      const answer = await fetch(pulse, { headers: { accept: "text/plain" } });
      // Nothing that is written is thrown away: who composes looks when it is sent.
      const writes = composer() && document.getElementById("talk").value !== "";
      if (answer.ok && !writes && (await answer.text()) !== main.dataset.revision) {
        // Not a reload: this page may be the answer to a form.
        location.replace(pulse.replace(/\/pulse$/, ""));
        return;
      }
    } catch { /* No connection: the next look may have one. */ }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
})();
