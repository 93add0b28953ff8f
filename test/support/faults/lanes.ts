/** Things that are lent to one at a time. */
export class Lanes<Lane> {
  readonly #free: Lane[] = []
  readonly #waiting: ((lane: Lane) => void)[] = []

  constructor(lanes: readonly Lane[]) {
    for (const lane of lanes) this.#give(lane)
  }

  async with<Result>(work: (lane: Lane) => Promise<Result>): Promise<Result> {
    const lane = this.#free.shift() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)))
    try {
      return await work(lane)
    } finally {
      this.#give(lane)
    }
  }

  #give(lane: Lane): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(lane)
    else next(lane)
  }
}
