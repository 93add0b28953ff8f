const style = `
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; color: #223 }
  li { display: flex; justify-content: space-between; border-bottom: 1px solid #dde; padding: 0.5rem 0 }
  ul { list-style: none; padding: 0 }
  footer { color: #667; font-size: 0.9rem }`

/** Prices are in cents. */
export function renderShop({ products, frontend, api }) {
  const items = products.map(({ name, price }) => `<li>${escape(name)} <b>${(price / 100).toFixed(2)}</b></li>`)
  return page(`<ul>${items.join('\n')}</ul>`, `frontend ${escape(frontend)}, api ${escape(api)}`)
}

export function renderClosed({ frontend }) {
  return page('<p>The shop is closed for a moment.</p>', `frontend ${escape(frontend)}`)
}

function page(content, footer) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Shop</title>
<style>${style}
</style>
<h1>Shop</h1>
${content}
<footer>${footer}</footer>
</html>
`
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}
