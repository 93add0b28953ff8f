const levels = ['debug', 'info', 'warning', 'error']
const least = Math.max(0, levels.indexOf(process.env.LOG_LEVEL ?? 'info'))

function write(level, message) {
  if (levels.indexOf(level) >= least) console.log(`${level.toUpperCase()} ${message}`)
}

export const log = {
  debug: (message) => write('debug', message),
  info: (message) => write('info', message),
  error: (message) => write('error', message),
}
