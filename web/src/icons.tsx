// Our few icons: 20 × 20 strokes in the colour of the text around them.
import type { SVGProps } from 'react';

function icon(path: string, title?: string) {
  return function Icon(props: SVGProps<SVGSVGElement> & { size?: number }) {
    const { size = 16, ...rest } = props;
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        data-icon={title}
        {...rest}
      >
        <path d={path} />
      </svg>
    );
  };
}

export const ServicesIcon = icon('M3 4.5h14v4H3zM3 11.5h14v4H3zM6 6.5h.01M6 13.5h.01');
export const MetricsIcon = icon('M3 3v14h14M6 13l3.5-4.5 3 2.5L17 5');
export const LogsIcon = icon('M4 5h12M4 9h8M4 13h12M4 17h6');
export const TracesIcon = icon('M3 4.5h9M6 8.5h8M9 12.5h8M6 16.5h5');
export const TargetsIcon = icon('M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 10h.01');
export const DashboardsIcon = icon('M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z');
export const RefreshIcon = icon('M16.5 10a6.5 6.5 0 1 1-2-4.7M16.5 3v3.5H13');
export const SunIcon = icon(
  'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
);
export const MoonIcon = icon('M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z');
export const ClockIcon = icon('M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2');
export const ChevronDownIcon = icon('M5.5 8l4.5 4.5L14.5 8');
export const ChevronRightIcon = icon('M8 5.5l4.5 4.5L8 14.5');
export const PlusIcon = icon('M10 4.5v11M4.5 10h11');
export const MinusIcon = icon('M4.5 10h11');
export const CloseIcon = icon('M5.5 5.5l9 9M14.5 5.5l-9 9');
export const PlayIcon = icon('M6.5 4.5v11l9-5.5z');
export const PauseIcon = icon('M7 5v10M13 5v10');
export const SearchIcon = icon('M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4');
export const AlertIcon = icon('M10 3.5L17.5 16.5h-15zM10 8.5v3.5M10 14.3v.01', 'error');
export const CopyIcon = icon('M7 7h9v9H7zM4 13V4h9');
export const CheckIcon = icon('M4.5 10.5l3.5 3.5 7.5-8');
export const WrapIcon = icon('M3 5h14M3 10h11a2.5 2.5 0 0 1 0 5h-3.5M12 13l-2 2 2 2M3 15h4');
export const ArrowLeftIcon = icon('M16 10H4.5M9 5l-5 5 5 5');
export const ArrowUpIcon = icon('M10 16V4.5M5 9l5-5 5 5');
export const ExpandIcon = icon('M6 8l4-4 4 4M6 12l4 4 4-4');
export const BellIcon = icon('M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.3 17.2a2 2 0 0 0 3.4 0');
export const MuteIcon = icon('M5 13.5V9a5 5 0 0 1 7.5-4.3M15 9v4.5l1.5 1.5h-11M8.3 17.2a2 2 0 0 0 3.4 0M3.5 3.5l13 13');
export const BudgetIcon = icon('M3 15.5a7.5 7.5 0 1 1 14 0M10 13.5l3.5-5M10 13.5h.01');
export const BookIcon = icon('M10 5.5C8 4 5.5 4 3.5 4.5v11c2-.5 4.5-.5 6.5 1 2-1.5 4.5-1.5 6.5-1v-11C14.5 4 12 4 10 5.5zM10 5.5v11');
export const InfoIcon = icon('M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.5V13M10 6.8v.01');
export const UploadIcon = icon('M10 13V4M6 8l4-4 4 4M3.5 14v2.5h13V14');
export const TrashIcon = icon('M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5');
export const FullscreenIcon = icon('M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4');
