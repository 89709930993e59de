import type { DeviceRow } from '../store/devices.ts';
import { stateOf } from '../store/devices.ts';
import type { SourceRow } from '../store/inventories.ts';

type Sample = { labels: Record<string, string>; value: number };

/** The fleet in Prometheus' text format 0.0.4. */
export function metricsText(facts: {
  devices: DeviceRow[];
  sources: { row: SourceRow; count: number; bytes: number }[];
  openJobs: number;
  brokerConnected: boolean;
}): string {
  const online = facts.devices.map((d) => ({
    labels: { site: d.site, device: d.device },
    value: d.presence === 'online' ? 1 : 0,
  }));
  const backlog = facts.devices.flatMap((d) =>
    (stateOf(d)?.sources ?? []).flatMap((s) =>
      s.destinations.map((t) => ({
        labels: { site: d.site, device: d.device, source: s.name, destination: t.name },
        value: t.backlog.count,
      })),
    ),
  );
  const held = facts.sources.map(({ row, count }) => ({
    labels: { site: row.site, device: row.device, source: row.name },
    value: count,
  }));
  return [
    family('vigie_device_online', 'Whether the device is online.', online),
    family('vigie_delivery_backlog', 'Deliveries not yet verified.', backlog),
    family('vigie_inventory_assets', 'Assets that the source holds, as known here.', held),
    family('vigie_jobs_open', 'Re-sync jobs that have not ended.', [{ labels: {}, value: facts.openJobs }]),
    family('vigie_broker_connected', 'Whether the hub is connected to its broker.', [
      { labels: {}, value: facts.brokerConnected ? 1 : 0 },
    ]),
  ].join('');
}

function family(name: string, help: string, samples: Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const text = Object.entries(labels).map(([key, v]) => `${key}="${v.replace(/["\\\n]/g, '_')}"`);
    return `${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`;
}
