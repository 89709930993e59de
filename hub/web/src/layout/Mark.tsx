/** The brand's mark: a lookout's eye whose pupil is the lamp. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M3 16C6.9 9.6 11.1 6.8 16 6.8S25.1 9.6 29 16C25.1 22.4 20.9 25.2 16 25.2S6.9 22.4 3 16Z"
        fill="none"
        stroke="#4abeac"
        strokeWidth="2.4"
        strokeLinejoin="round"
      />
      <path d="M16 16 27.4 10V22Z" fill="#f4a93c" opacity=".32" />
      <circle cx="16" cy="16" r="4.6" fill="#f4a93c" />
      <circle cx="14.6" cy="14.5" r="1.3" fill="#fff" opacity=".85" />
    </svg>
  );
}
