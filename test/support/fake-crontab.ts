/** A program that keeps a user's crontab in a file, as the real one is spoken to; nothing runs what it says. */
export function fakeCrontab(table: string): string {
  return `#!/bin/sh
case $1 in
  -l)
    if [ -e ${table}.refused ]; then echo 'You (ana) are not allowed to use this program' >&2; exit 1; fi
    if [ -f ${table} ]; then cat ${table}; else echo 'no crontab for ana' >&2; exit 1; fi ;;
  -) cat >${table}.new && mv ${table}.new ${table} ;;
  *) exit 64 ;;
esac
`
}
