// Loaded with --import: replaces text in a module while it is loaded, so that a suite can prove that it finds a broken build.
// VIGIE_MUTANT holds JSON: { "module": "end of its URL", "from": "text", "to": "text" }.
import { registerHooks } from 'node:module';

const { module, from, to } = JSON.parse(process.env.VIGIE_MUTANT);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(module)) return loaded;
    const source = loaded.source.toString();
    if (!source.includes(from)) throw new Error(`the mutant's text ${JSON.stringify(from)} is not in ${url}`);
    return { ...loaded, source: source.replaceAll(from, to) };
  },
});
