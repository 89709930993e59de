import type { Standing } from '@vigie/agent/retention/proof';
import type { KeptAsset, Purge, Shelf } from '@vigie/agent/retention/shelf';

export type ModelAsset = Omit<KeptAsset, 'standings' | 'isHeld'> & {
  state: 'held' | 'purged' | 'removed';
  standings: Standing[];
  /** The bytes of the original that it was made of. */
  original: string | undefined;
};
export type ModelPurge = Purge & { isDone: boolean };

/** The ledger in memory: what the real one does, in a few lines; `step` is called before and after each commit. */
export function shelfModel(step: () => void) {
  const assets: ModelAsset[] = [];
  const purges: ModelPurge[] = [];
  let watch: (asset: KeptAsset, isWhole: boolean, names: readonly string[]) => void = () => undefined;

  const kept = (asset: ModelAsset): KeptAsset => ({
    ...asset,
    standings: asset.standings.map((standing) => ({ ...standing })),
    isHeld: asset.state === 'held',
  });
  const there = (source: string) => assets.filter((asset) => asset.source === source && asset.state !== 'removed');

  const shelf: Shelf = {
    candidates: (sources, { after, isMade, limit }) =>
      assets
        .filter(({ state, source }) => state === 'held' && sources.includes(source))
        .filter(({ standings }) => standings.some(({ state }) => state === 'verified'))
        .filter((asset) => !isMade || asset.isMade)
        .sort((a, b) => a.capturedAt - b.capturedAt || a.id - b.id)
        .filter(
          ({ capturedAt, id }) =>
            !after || capturedAt > after.capturedAt || (capturedAt === after.capturedAt && id > after.id),
        )
        .slice(0, limit)
        .map(kept),
    at(source, path) {
      const found = there(source).find((asset) => asset.path === path && asset.state === 'held');
      return found && kept(found);
    },
    withBytes: (source, { size, sha256 }) =>
      there(source)
        .filter((asset) => asset.size === size && asset.sha256 === sha256)
        .map(kept),
    madeFrom: (source, { sha256 }) =>
      there(source)
        .filter(({ original }) => original === sha256)
        .map(kept),
    hasSize: (source, size) => there(source).some((asset) => asset.size === size || asset.original !== undefined),
    begin(candidates, { mayGo }) {
      step();
      const begun: Purge[] = [];
      for (const { asset, isWhole, names, size, modifiedAt } of candidates) {
        const row = assets.find(({ id }) => id === asset.id) as ModelAsset;
        if (row.state === 'removed' || (isWhole && row.state !== 'held')) continue;
        if (mayGo(kept(row)) === undefined) continue;
        watch(kept(row), isWhole, names);
        if (isWhole) row.state = 'purged';
        const purge = {
          id: purges.length + 1,
          assetId: isWhole ? row.id : null,
          source: row.source,
          names,
          size,
          modifiedAt,
        };
        purges.push({ ...purge, isDone: false });
        begun.push(purge);
      }
      step();
      return begun;
    },
    open: () => purges.filter(({ isDone }) => !isDone),
    isTaken: (source, name) => there(source).some(({ path, state }) => state === 'held' && name === `result/${path}`),
    end(ids) {
      step();
      for (const purge of purges) if (ids.includes(purge.id)) purge.isDone = true;
      step();
    },
  };
  return {
    shelf,
    assets,
    purges,
    onBegin(told: typeof watch) {
      watch = told;
    },
  };
}
