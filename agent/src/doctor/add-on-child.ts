/** Loads the camera's add-on, as a process of its own: one that does not fit this machine brings its process down. */
export async function addOnMain(): Promise<never> {
  await import('@vigie/hardware/camera/gphoto2-add-on');
  process.exit(0);
}

if (import.meta.main) await addOnMain();
