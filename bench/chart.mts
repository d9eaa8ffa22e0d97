const WIDTH = 720;
const ROW = 34;
const LEFT = 150;
const TOP = 48;

/** One bar; `1` is the length of the baseline. */
export interface Bar {
  label: string;
  ratio: number;
  /** Position of a mark. */
  goal: number | undefined;
}

/** @returns a bar chart as SVG that is readable on light and dark pages */
export function chartOf(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(1, ...bars.flatMap(({ ratio, goal = 0 }) => [ratio, goal]));
  const x = (ratio: number) => LEFT + (ratio / longest) * (WIDTH - LEFT - 60);
  const height = TOP + bars.length * ROW + 12;
  const rows = bars.map(({ label, ratio, goal }, index) => {
    const y = TOP + index * ROW;
    const mark =
      goal === undefined
        ? ''
        : `<path d="M${x(goal).toFixed(1)} ${y - 3}v26" stroke="#c2410c" stroke-width="2"/>`;
    return `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${label}</text><rect x="${LEFT}" y="${y}" width="${(x(ratio) - LEFT).toFixed(1)}" height="20" rx="3" fill="#2563eb"/>${mark}<text x="${(x(ratio) + 6).toFixed(1)}" y="${y + 15}">${ratio.toFixed(2)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14" fill="#6b7280" role="img" aria-label="${title}">
<text x="12" y="24" font-size="16">${title}; the mark is the goal</text>
<path d="M${x(1).toFixed(1)} ${TOP - 8}V${height - 8}" stroke="#9ca3af" stroke-dasharray="4 4"/>
${rows.join('\n')}
</svg>
`;
}
