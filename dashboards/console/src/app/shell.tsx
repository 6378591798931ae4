import { Button, Kbd, Switch } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Dialog } from '../parts/dialog.tsx';
import { FleetIcon, HelpIcon, InboxIcon, MaintenanceIcon, ProductIcon, Pulse } from '../parts/icons.tsx';
import { AccountMenu } from './account-menu.tsx';
import { LiveButton, LostBanner } from './live-state.tsx';
import css from './shell.module.css';
import { shortcutList, useShortcuts, useShortcutsOn } from './shortcuts.ts';

/** The frame around every signed-in page: the rail (a bar on top where it is narrow) and the page. */
export function Shell({ children }: { children: ReactNode }) {
  const [keysOpen, setKeysOpen] = useState(false);
  const at = useLocation({ select: ({ pathname }) => sectionOf(pathname) });
  useShortcuts({ '?': () => setKeysOpen(true) });
  return (
    <div className={css.shell}>
      <a href="#content" className={css.skip}>
        Skip to the content
      </a>
      <nav aria-label="Aftercare" className={css.rail}>
        <span className={css.brand} title="Aftercare">
          <Pulse />
          <span className={css.brandName}>Aftercare</span>
        </span>
        <div className={css.pages}>
          <Link to="/triage" className={css.entry} aria-current={at === 'triage' ? 'true' : undefined}>
            <InboxIcon />
            <span>Triage</span>
          </Link>
          <Link to="/fleet" className={css.entry} aria-current={at === 'fleet' ? 'true' : undefined}>
            <FleetIcon />
            <span>Fleet</span>
          </Link>
          <Link to="/products" className={css.entry} aria-current={at === 'products' ? 'true' : undefined}>
            <ProductIcon />
            <span>Products</span>
          </Link>
          <Link to="/maintenance" className={css.entry} aria-current={at === 'maintenance' ? 'true' : undefined}>
            <MaintenanceIcon />
            <span>Maintenance</span>
          </Link>
        </div>
        <div className={css.tools}>
          <LiveButton />
          <button type="button" className={`${css.entry} ${css.keysEntry}`} onClick={() => setKeysOpen(true)}>
            <HelpIcon />
            <span>Keys</span>
          </button>
          <AccountMenu />
        </div>
      </nav>
      <div className={css.page}>
        <LostBanner />
        <main id="content" tabIndex={-1} className={css.main}>
          {children}
        </main>
      </div>
      <KeysDialog opened={keysOpen} onClose={() => setKeysOpen(false)} />
    </div>
  );
}

/** The entry of the rail that a page belongs to; on the entry's own page the link says `page` by itself. */
function sectionOf(path: string): 'triage' | 'fleet' | 'products' | 'maintenance' | undefined {
  if (path === '/products' || path.startsWith('/products/')) return 'products';
  if (path === '/maintenance') return 'maintenance';
  if (path === '/triage' || path.startsWith('/cases/')) return 'triage';
  return path === '/fleet' || path.startsWith('/fleet/') || path.startsWith('/devices/') ? 'fleet' : undefined;
}

function KeysDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [on, setOn] = useShortcutsOn();
  return (
    <Dialog opened={opened} onClose={onClose} title="Keys" size={460}>
      <dl className={css.keys}>
        {shortcutList.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} size="sm">
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div className={css.keysFoot}>
        <Switch
          label="Use these keys"
          description="Never while you type in a field"
          checked={on}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
