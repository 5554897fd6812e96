// Evaluates Vite configs for a production build with their imports stubbed; prints one JSON object a file.
// node evaluate_vite.mjs FOLDER-WITH-esbuild FILE...
import { createRequire, isBuiltin } from 'node:module'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const [tools, ...files] = process.argv.slice(2)
const load = createRequire(path.join(tools, 'package.json'))
const esbuild = load('esbuild')

function stub(name) {
  return new Proxy(function () {}, {
    apply: () => (/\.(map|filter|concat|slice|flat)$/.test(name) ? [] : { name: `stub:${name}` }),
    construct: () => ({ name: `stub:${name}` }),
    get: (_, key) =>
      key === Symbol.toPrimitive ? () => name : key === Symbol.iterator ? function* () {} : key === 'then' ? undefined : stub(`${name}.${String(key)}`),
  })
}

function merge(a, b) {
  if (Array.isArray(a) || Array.isArray(b)) return [].concat(a ?? [], b ?? [])
  if (a && b && typeof a === 'object' && typeof b === 'object') {
    const out = { ...a }
    for (const key of Object.keys(b)) out[key] = key in a ? merge(a[key], b[key]) : b[key]
    return out
  }
  return b ?? a
}

const vite = {
  defineConfig: (c) => c, mergeConfig: merge, loadEnv: () => ({}),
  normalizePath: (p) => String(p), searchForWorkspaceRoot: (p) => String(p),
}
const itself = new Proxy(vite, { get: (t, k) => (k === 'default' ? itself : t[k] ?? stub(String(k))) })
// Files beside the config are not there: what it reads of them is empty.
const fs = load('node:fs')
const or = (read, without) => (...given) => {
  try { return read(...given) } catch { return without(given[0]) }
}
const without = {
  readFileSync: or(fs.readFileSync, (name) => (String(name).endsWith('.json') ? '{"version": "0", "exports": {}, "dependencies": {}}' : '')),
  readdirSync: or(fs.readdirSync, () => []),
}
const fs_module = { ...fs, ...without, default: { ...fs, ...without } }
const sentry = { sentryVitePlugin: (options) => ({ name: 'sentry', options }) }

async function evaluate(file) {
  const source = readFileSync(file, 'utf8').replace(/^\uFEFF/, '').replace(/^#!.*/, '')
  const built = await esbuild.transform(source, {
    loader: 'ts', format: 'esm', supported: { 'top-level-await': true },
    define: { 'import.meta.url': '"file:///app/vite.config.ts"', 'import.meta.dirname': '"/app"', 'import.meta.filename': '"/app/vite.config.ts"' },
  })
  const body = built.code
    .replace(/^import\s+\{([^}]*)\}\s+from\s+(".*?")(?: with \{[^}]*\})?;?$/gms, (_, n, m) => `const {${n.replace(/(\w+) as (\w+)/g, '$1: $2')}} = __get(${m});`)
    .replace(/^import\s+\*\s+as\s+(\w+)\s+from\s+(".*?")(?: with \{[^}]*\})?;?$/gm, 'const $1 = __get($2);')
    .replace(/^import\s+(\w+)\s*,\s*\{([^}]*)\}\s+from\s+(".*?")(?: with \{[^}]*\})?;?$/gms, (_, d, n, m) => `const ${d} = __default(${m}); const {${n.replace(/(\w+) as (\w+)/g, '$1: $2')}} = __get(${m});`)
    .replace(/^import\s+(\w+)\s+from\s+(".*?")(?: with \{[^}]*\})?;?$/gm, 'const $1 = __default($2);')
    .replace(/^import\s+".*?";?$/gm, '')
    .replace(/\bimport\(/g, '__import(')
    .replace(/^export default /m, '__out.default = ')
    .replace(/^export \{([^}]*)\};?$/gms, (_, names) => names.split(',').map((n) => n.trim()).filter((n) => n.endsWith(' as default')).map((n) => `__out.default = ${n.slice(0, -11)};`).join(''))
    .replace(/^export (const|let|function|async function|class) /gm, '$1 ')
  const get = (m) => {
    if (['vite', 'vitest/config', 'vitest/node', 'vite-plus', 'rolldown-vite'].includes(m)) return itself
    if (m === '@sentry/vite-plugin') return sentry
    if (/^(node:)?module$/.test(m)) return { ...load(m), createRequire: () => Object.assign((n) => get(n), { resolve: (n) => `/app/node_modules/${n}` }) }
    if (/^(node:)?fs$/.test(m)) return fs_module
    if (isBuiltin(m)) return load(m)
    return stub(m)
  }
  const main = (m) => (isBuiltin(m) ? get(m) : get(m).default ?? get(m))
  const out = {}
  const module = { exports: {} }
  const AsyncFunction = (async () => {}).constructor
  const fallback = (m) => { if (m.startsWith('.')) throw new Error('no such module'); return get(m) }
  await new AsyncFunction('__get', '__default', '__import', '__out', 'require', 'module', 'exports', '__dirname', '__filename', `{${body}\n}`)(
    get, main, async (m) => get(m), out, fallback, module, module.exports, '/app', '/app/vite.config.ts')
  let config = out.default ?? module.exports
  config = await config
  if (typeof config === 'function') config = await config({ command: 'build', mode: 'production', isSsrBuild: false, isPreview: false })
  let plugins = await config.plugins
  const flat = async (value) => {
    value = await value
    return Array.isArray(value) ? (await Promise.all(value.map(flat))).flat() : value ? [value] : []
  }
  plugins = await flat(plugins)
  return {
    names: plugins.map((p) => p.name),
    sentry: plugins.filter((p) => p.name === 'sentry').length,
    last: plugins.at(-1)?.name === 'sentry',
    sourcemap: config.build?.sourcemap ?? null,
    options: plugins.find((p) => p.name === 'sentry')?.options ?? null,
  }
}

process.env.NODE_ENV = 'production'
for (const file of files) {
  let result
  try {
    result = await evaluate(file)
  } catch (error) {
    result = { error: String(error.stack ?? error).slice(0, 600) }
  }
  console.log(JSON.stringify({ file: path.basename(file), ...result }))
}
