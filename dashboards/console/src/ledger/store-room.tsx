import { Notice } from '../parts/notice.tsx';

/** The service's own store is near its bound, or at it: then reports wait in the log, and at last with the devices. */
export function StoreRoom({ trouble }: { trouble: string | null }) {
  if (trouble === null) return null;
  return (
    <Notice severity="critical" role="alert">
      <p>
        The telemetry store runs out of room: {trouble}. At the bound reports wait in the log, and nothing acknowledged
        is lost; whoever runs the service should free some disk space, raise the bound, or let old reports go.
      </p>
    </Notice>
  );
}
