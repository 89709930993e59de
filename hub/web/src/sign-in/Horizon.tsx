import classes from './Doorway.module.css';

/** A lighthouse at dusk, drawn. */
export function Horizon() {
  return (
    <svg className={classes.horizon} viewBox="0 0 800 900" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      <defs>
        <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="#071a1f" />
          <stop offset=".55" stopColor="#0d3a41" />
          <stop offset=".74" stopColor="#2b7d77" />
          <stop offset=".8" stopColor="#d99a4a" />
        </linearGradient>
        <linearGradient id="beam" x1="0" y1="0" x2="1" y2="0">
          <stop offset="0" stopColor="#ffd591" stopOpacity=".75" />
          <stop offset="1" stopColor="#ffd591" stopOpacity="0" />
        </linearGradient>
      </defs>
      <rect width="800" height="900" fill="url(#sky)" />
      <g fill="#cfe9e4">
        <circle cx="92" cy="150" r="1.5" opacity=".7" />
        <circle cx="210" cy="250" r="1.2" opacity=".5" />
        <circle cx="340" cy="110" r="1.6" opacity=".6" />
        <circle cx="470" cy="220" r="1.1" opacity=".6" />
        <circle cx="690" cy="130" r="1.5" opacity=".7" />
        <circle cx="730" cy="300" r="1.2" opacity=".4" />
        <circle cx="130" cy="360" r="1.1" opacity=".4" />
        <circle cx="600" cy="70" r="1.2" opacity=".5" />
      </g>
      <path d="M556 505 -60 372V600Z" fill="#ffd591" opacity=".16" />
      <path d="M556 505 -60 430V548Z" fill="#ffd591" opacity=".16" />
      <path d="M0 720H800V900H0Z" fill="#0a2a30" />
      <path d="M430 760C470 704 520 690 566 688S668 706 720 764Z" fill="#04141a" />
      <path d="M0 740C140 728 240 752 380 742S640 728 800 744V900H0Z" fill="#08222a" />
      <path d="M0 792C180 776 300 806 460 794S700 782 800 796V900H0Z" fill="#061a20" />
      <circle cx="560" cy="507" r="26" fill="#ffdfa6" opacity=".35" />
      <path d="M538 694 546 530H574L582 694Z" fill="#e9f1ef" />
      <path d="M541.5 622 543.6 580H576.4L578.5 622Z" fill="#c8442f" />
      <path d="M537.9 694 539.7 658H580.3L582.1 694Z" fill="#c8442f" />
      <rect x="540" y="522" width="40" height="8" rx="2" fill="#0c2a31" />
      <rect x="547" y="494" width="26" height="28" fill="#ffd591" />
      <path d="M543 494H577L560 476Z" fill="#0c2a31" />
    </svg>
  );
}
