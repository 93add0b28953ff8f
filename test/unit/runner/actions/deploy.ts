import { setTimeout as sleep } from 'node:timers/promises'
import { StepError, UsageError } from '../../../../src/errors.ts'
import { runAction } from '../../../../src/runner/run-action.ts'

/** An action that ends in every way there is; `how` says which. */
void runAction({
  inputs: (input) => ({ how: input.text('how'), key: input.secret('key') }),
  main: async ({ how }, job) => {
    job.log.line('about to deploy\n::set-output name=x::injected')
    switch (how) {
      case 'usage':
        throw new UsageError('path: write an absolute path')
      case 'step':
        throw new StepError({ step: 'pull the images', host: 'deploy@shop', why: 'no space left', exitCode: 1 })
      case 'bug':
        throw new TypeError('undefined is not a function')
      case 'later':
        setTimeout(() => {
          throw new Error('out of nowhere')
        })
        await sleep(5000)
        break
      case 'rejection':
        void Promise.reject(new Error('nobody waits for me'))
        await sleep(5000)
        break
      case 'cancel':
        job.log.line('waiting')
        await sleep(20_000, undefined, { signal: job.signal }).catch(() => {
          job.signal.throwIfAborted()
        })
        break
      case 'deaf':
        job.log.line('waiting')
        await sleep(20_000)
        break
      case 'chapters':
        await job.log.chapter('Pull::the images', async () => {
          await job.log.chapter('web', () => Promise.resolve())
          job.log.line('pulled')
        })
        await job.log.chapter('Start them', () => Promise.reject(new UsageError('no')))
        break
      case 'annotate':
        job.log.notice('one\n::error::two')
        job.log.warning('50 % full')
        job.log.error('full')
        await job.summarize('| a |')
        await job.summarize('more')
        break
      default:
        job.saveState('done', 'yes')
    }
    return { release: `r-1\n${job.context.repository}` }
  },
  post: (_inputs, job) => {
    job.log.line(`after: ${job.state('done')}`)
    return job.state('done') === 'broken' ? Promise.reject(new UsageError('post failed')) : Promise.resolve()
  },
})
