// When to look again: whenever the service says that something came; where it cannot say so, every few seconds.

/** AWS, which cannot say so, charges by the trace that is looked at. */
const POLL_MILLIS = 10_000;

/** Calls `look` at once and at each change until the result's `stop`; `pause(true)` lets changes pass. */
export function live(look) {
  let [paused, stopped, polls, timer] = [false, false, false, undefined];
  const again = () => !paused && !stopped && !document.hidden && look();
  const events = new EventSource("/live");
  events.addEventListener("traces", again);
  events.addEventListener("error", () => {
    // Gone for good: AWS's own X-Ray tells nobody. Else the browser connects again.
    if (events.readyState === EventSource.CLOSED) poll();
  });
  function poll() {
    if (polls || stopped) return;
    polls = true;
    timer = setInterval(again, POLL_MILLIS);
  }
  document.addEventListener("visibilitychange", again);
  look();
  return {
    pause(value) {
      paused = value;
      again();
    },
    stop() {
      stopped = true;
      events.close();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    },
  };
}
