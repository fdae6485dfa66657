/** The settings of the image and the systemd unit, which reduce resident memory. */
export const shipped = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
