import { UsageError } from './command.js'

const units = { s: 1, m: 60, h: 3600 } as const

/** Seconds of `90s`, `45m`, `1.5h` or a plain number of seconds. Throws UsageError that names the option. */
export function secondsOf(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([smh]?)$/.exec(text.trim())
  const seconds = match ? Number(match[1]) * units[(match[2] || 's') as keyof typeof units] : NaN
  if (seconds > 0) return seconds
  throw new UsageError(`${option} is '${text}'; wants a time such as 90s, 45m or 2h`)
}

/** `8 s`, `3 min 20 s`, `1 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  if (!Number.isFinite(whole)) return 'unknown time'
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
