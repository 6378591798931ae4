import type { ReactNode } from 'react';

/** Icons stand beside words and are silent; 16 px, drawn in the colour of the text. */
function Icon({ size = 16, children }: { size?: number; children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const Pulse = () => (
  <Icon size={20}>
    <path d="M1 9h3l2-5.5L9 13l2-4h4" />
  </Icon>
);

export const InboxIcon = () => (
  <Icon size={18}>
    <path d="M2 9.5 3.6 3.3a.8.8 0 0 1 .8-.6h7.2a.8.8 0 0 1 .8.6L14 9.5v3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-3Z" />
    <path d="M2 9.5h3.5l1 1.5h3l1-1.5H14" />
  </Icon>
);

export const FleetIcon = () => (
  <Icon size={18}>
    <rect x="2" y="2.5" width="5" height="5" rx="1" />
    <rect x="9" y="2.5" width="5" height="5" rx="1" />
    <rect x="2" y="9" width="5" height="4.5" rx="1" />
    <rect x="9" y="9" width="5" height="4.5" rx="1" />
  </Icon>
);

export const ProductIcon = () => (
  <Icon size={18}>
    <path d="M8 1.8 13.5 4.6v6.6L8 14.2l-5.5-3V4.6L8 1.8Z" />
    <path d="M2.7 4.8 8 7.6l5.3-2.8M8 7.6v6.4" />
  </Icon>
);

export const MaintenanceIcon = () => (
  <Icon size={18}>
    <path d="M13.6 4.6 11.5 6.7 9.3 4.5l2.1-2.1a3.5 3.5 0 0 0-4.6 4.5l-4.3 4.3a1.6 1.6 0 0 0 2.3 2.3l4.3-4.3" />
    <path d="M9.1 9.2a3.5 3.5 0 0 0 4.5-4.6" />
  </Icon>
);

export const HelpIcon = () => (
  <Icon size={18}>
    <rect x="1.5" y="4" width="13" height="8.5" rx="1.5" />
    <path d="M4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M4 9.8h.01M12 9.8h.01M6.3 9.8h3.4" />
  </Icon>
);

export const BackIcon = () => (
  <Icon>
    <path d="M10 3 5 8l5 5" />
  </Icon>
);

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.2 10.2 3.3 3.3" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Icon>
);

export const TableIcon = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="10" rx="1.2" />
    <path d="M2 6.5h12M2 9.8h12M6.5 6.5V13" />
  </Icon>
);

export const ChartIcon = () => (
  <Icon>
    <path d="M2 2.5v11h12M4.5 10l2.8-3.5 2.2 2 3.7-4.5" />
  </Icon>
);
