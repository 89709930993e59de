/** Loads the add-on, and nothing else: whether it can be loaded is found out in a process of its own. */
import 'gphoto2';
