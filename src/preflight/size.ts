const MIB = 1024 * 1024

/** Bytes that are needed, for a reader: `512 MiB`, `1.4 GiB`. Rounded up, as what is there is rounded down. */
export function formatNeed(bytes: number): string {
  return format(bytes, Math.ceil)
}

/** Bytes that are there, for a reader. */
export function formatSupply(bytes: number): string {
  return format(bytes, Math.floor)
}

function format(bytes: number, round: (value: number) => number): string {
  if (bytes < 1024 * MIB) return `${round(bytes / MIB)} MiB`
  return `${(round((bytes / 1024 / MIB) * 10) / 10).toFixed(1)} GiB`
}
