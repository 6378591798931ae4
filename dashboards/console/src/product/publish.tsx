import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { Product } from '../api/model.ts';
import type { PackCheck, PackVersion } from '../api/trial-model.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';
import { Dialog, DialogFoot } from '../parts/dialog.tsx';
import { Notice } from '../parts/notice.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Changes } from './changes.tsx';
import type { PackText } from './pack-field.tsx';
import css from './product.module.css';

interface PublishProps {
  readonly product: Product;
  readonly pack: PackText;
  readonly check: PackCheck;
  /** Whether this very text was tried. */
  readonly isTried: boolean;
}

/** Puts a pack into force, after a look at what it changes. */
export function Publish({ product, pack, check, isTried }: PublishProps) {
  const { csrfToken } = useSession();
  const client = useQueryClient();
  const announce = useAnnounce();
  const [opened, setOpened] = useState(false);
  const publish = useMutation({
    mutationFn: () => call<PackVersion>('/products', { method: 'POST', csrfToken, body: pack }),
    onSuccess: ({ version }) => {
      announce(`Version ${version} is published.`);
      setOpened(false);
      void client.invalidateQueries({ queryKey: ['products'] });
      void client.invalidateQueries({ queryKey: ['product', product.id] });
    },
  });
  const next = check.version + 1;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        Publish…
      </Button>
      <Dialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={`Publish version ${next} of ${product.title}?`}
        size={640}
      >
        <div className={css.told}>
          <p>It judges every report from now on, in the place of version {check.version}.</p>
          {!isTried && <Notice severity="minor">This text has not been tried on what is stored.</Notice>}
          {check.changes.length === 0 ? (
            <p className="muted">Only comments and formatting change.</p>
          ) : (
            <Changes items={check.changes} />
          )}
          <DialogFoot
            onCancel={() => setOpened(false)}
            problem={publish.isError && <ProblemNotice what="It was not published" error={publish.error} />}
          >
            <Button loading={publish.isPending} onClick={() => publish.mutate()}>
              Publish version {next}
            </Button>
          </DialogFoot>
        </div>
      </Dialog>
    </>
  );
}
