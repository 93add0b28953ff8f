import type { Process } from '../kernel.ts'
import { type Kernel, Signal } from '../kernel.ts'

/** `flock` on a file: whoever inherited the descriptor holds it too, so it is free when the last of them has gone. */
export class Lock {
  readonly released = new Signal()
  readonly #holders = new Set<Process>()
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  get isHeld(): boolean {
    return this.#holders.size > 0
  }

  /** For the process that runs now; false when it is held. */
  take(): boolean {
    const { current } = this.#kernel
    if (!current || (this.isHeld && !this.#holders.has(current))) return false
    this.#holders.add(current)
    return true
  }

  /** A child has what its parent has. */
  inherit(child: Process): void {
    if (child.parent && this.#holders.has(child.parent)) this.#holders.add(child)
  }

  /** A process has ended, or closed it. */
  close(process: Process): void {
    if (this.#holders.delete(process) && !this.isHeld) this.#kernel.fire(this.released)
  }
}
