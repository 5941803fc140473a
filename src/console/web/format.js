// Numbers, shares and times as the reader's locale writes them.

const numbers = new Intl.NumberFormat();
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const shares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

export const number = (value) => numbers.format(value);
export const exact_time = (time) => exact.format(new Date(time));
export const day = (time) => days.format(new Date(time));
export const time_of_day = (time) => clock.format(new Date(time));

export function share(part, whole) {
  return shares.format(whole === 0 ? 0 : part / whole);
}

// "1 person", "1,204 people".
export function count(value, one, many) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

// "8.3 a second", "12 a minute": as many as a person can picture.
export function rate(per_second) {
  if (per_second >= 100) {
    return `${number(Math.round(per_second))} a second`;
  }
  return per_second >= 1
    ? `${tenths.format(per_second)} a second`
    : `${tenths.format(per_second * 60)} a minute`;
}

// "a few seconds", "4 minutes", "2 hours 10 minutes": rounded as an estimate deserves.
export function duration(seconds) {
  if (seconds < 5) {
    return 'a few seconds';
  }
  if (seconds < 90) {
    return count(Math.round(seconds), 'second', 'seconds');
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) {
    return count(minutes, 'minute', 'minutes');
  }
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) {
    return count(Math.round(hours / 24), 'day', 'days');
  }
  const rest = minutes % 60;
  return (
    count(hours, 'hour', 'hours') + (rest === 0 ? '' : ` ${count(rest, 'minute', 'minutes')}`)
  );
}

// "2 seconds ago", "in 3 days".
export function time_from_now(time, now = Date.now()) {
  const seconds = (new Date(time).getTime() - now) / 1000;
  const steps = [
    ['second', 60],
    ['minute', 60],
    ['hour', 24],
    ['day', 30],
    ['month', 12],
  ];
  let value = seconds;
  for (const [unit, next] of steps) {
    if (Math.abs(value) < next) {
      return relative.format(Math.trunc(value), unit);
    }
    value /= next;
  }
  return relative.format(Math.trunc(value), 'year');
}
