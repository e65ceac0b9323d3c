// Looks again while somebody else is to act, warns of time, and measures how messages are written. Nothing that is
// being written is ever thrown away.
(() => {
  const main = document.getElementById("main");
  const pulse = main.dataset.pulse;
  const page = pulse?.replace(/\/pulse$/, "");
  let told = false;
  let away = 0, left = 0, keys = 0, pasted = 0, hidden = null;
  const begun = Date.now();
  const skew = Date.now() - Number(main.dataset.now);

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
  // What the page says apart from what is being written: time, and words of the researchers.
  const step = (of) => of.querySelector("input[name=step]")?.value;
  const renew = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    // The participation went on without it: time is over, or the other side left.
    if (step(fresh) !== step(document)) return location.replace(page);
    for (const id of ["said", "time"]) {
      const [now, next] = [document.getElementById(id), fresh.getElementById(id)];
      if (now && next) now.replaceWith(next);
    }
    const next = fresh.getElementById("main")?.dataset;
    if (!next) return;
    [main.dataset.until, main.dataset.revision, told] = [next.until, next.revision, false];
    document.getElementById("time-warning").textContent = "";
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    // More time leaves the page, and what is written on it, as it is.
    if (event.submitter?.value === "extend") {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(form, event.submitter));
      const answer = await fetch(form.action, { method: "post", body });
      if (answer.ok) renew(await answer.text());
      return;
    }
    if (form.elements.writing) {
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
  const isWritten = (field) =>
    field.type === "radio" || field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.type !== "hidden" && field.value !== field.defaultValue;
  const look = async () => {
    try {
      const answer = await fetch(pulse, { headers: { accept: "text/plain" } });
      if (answer.ok && (await answer.text()) !== main.dataset.revision) {
        // Not a reload: this page may be the answer to a form.
        const written = [...document.querySelectorAll("input, textarea")].some(isWritten);
        if (!written && !main.dataset.kept) return location.replace(page);
        renew(await (await fetch(page)).text());
      }
    } catch { /* No connection: the next look may have one. */ }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1500);
})();
