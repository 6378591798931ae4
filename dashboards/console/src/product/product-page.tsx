import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Product } from '../api/model.ts';
import { productQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { BackLink, PageProblem } from '../parts/page.tsx';
import { lengthWords } from '../words/times.ts';
import css from './product.module.css';
import { FailureModes, Signals } from './product-facts.tsx';
import { Rules } from './product-rules.tsx';
import { Versions } from './product-versions.tsx';
import { Shadow } from './shadow.tsx';
import { Trial } from './trial.tsx';

export function ProductPage() {
  const { productId } = useParams({ from: '/signed-in/products/$productId' });
  // Another product is another page: no pack that is being written is carried over.
  return <ProductView key={productId} id={productId} />;
}

function ProductView({ id }: { id: string }) {
  const query = useQuery({ ...productQuery(id), staleTime: 0 });
  const late = useDelayed(query.isPending);
  usePageTitle(query.data?.title ?? id);
  return (
    <div className={`${page.page} ${css.page}`}>
      <BackLink to="/products">Products</BackLink>
      {late && <Skeleton height={120} aria-hidden="true" />}
      {query.isError && <PageProblem what="product" title={id} query={query} />}
      {query.data !== undefined && <Loaded product={query.data} />}
    </div>
  );
}

function Loaded({ product }: { product: Product }) {
  return (
    <article aria-labelledby="product-title" className={css.product}>
      <header>
        <h1 id="product-title">{product.title}</h1>
        <p className="muted">
          {product.id} · version {product.version} in force · reports every {lengthWords(product.everyMs)}, silent after{' '}
          {lengthWords(product.silentAfterMs)}
        </p>
      </header>
      <Rules product={product} />
      <Shadow product={product} />
      <Trial product={product} />
      <Versions product={product} />
      <div className={page.columns}>
        <Signals product={product} />
        <FailureModes product={product} />
      </div>
    </article>
  );
}
