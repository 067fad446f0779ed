// Numbers and times for people.

/** Seconds in the unit that suits them, with three digits that matter. */
export function duration(seconds) {
  const millis = seconds * 1000;
  if (millis < 0.0005) return "0 ms";
  if (millis < 9.995) return `${millis.toFixed(2)} ms`;
  if (millis < 99.95) return `${millis.toFixed(1)} ms`;
  if (millis < 999.5) return `${millis.toFixed(0)} ms`;
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** A time after a begin, as a mark of an axis on which `step` seconds lie between two. */
export function offset(seconds, step) {
  if (seconds < step / 2) return "0";
  const unit = seconds < 1 ? 1000 : 1;
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step * unit) + 1e-9)));
  if (unit === 1 && step >= 1 && seconds >= 60) return duration(seconds);
  return `${(seconds * unit).toFixed(digits)} ${unit === 1 ? "s" : "ms"}`;
}

/** A part from 0 to 1 in hundredths; the smallest is not nothing. */
export function percent(part) {
  const hundredths = part * 100;
  if (hundredths > 0 && hundredths < 0.1) return "<0.1 %";
  return `${hundredths < 10 ? Number(hundredths.toFixed(1)) : Math.round(hundredths)} %`;
}

/** How long ago a time was. */
export function age(epochSeconds) {
  const seconds = Math.max(0, Date.now() / 1000 - epochSeconds);
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return seconds < 2 ? "now" : `${Math.floor(seconds)} s ago`;
}

/** Date and time of day here, to the millisecond. */
export function time(epochSeconds) {
  const date = new Date(epochSeconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const two = (number, digits = 2) => String(number).padStart(digits, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}.${two(date.getMilliseconds(), 3)}`;
}

/** A value in one line. */
export function plain(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
