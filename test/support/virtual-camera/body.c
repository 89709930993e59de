/*
 * What the driver's camera lacks for tests of a whole capture side: bodies that are told apart by a serial number and an
 * owner, a card that keeps pictures beyond the process, several files of one release, settings that stay set. It
 * includes the driver's camera and puts handlers of its own into the table of PTP operations.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "body.h"

static const char *store (void);
#undef VCAMERADIR
#define VCAMERADIR ((char *) store ())
#include "vcamera.c"

enum { GET_DEVICE_INFO = 0x1001, GET_STORAGE_INFO = 0x1005, GET_OBJECT_INFO = 0x1008,
       DELETE_OBJECT = 0x100B, INITIATE_CAPTURE = 0x100E,
       GET_PROP_DESC = 0x1014, GET_PROP_VALUE = 0x1015, SET_PROP_VALUE = 0x1016 };
enum { OBJECT_ADDED = 0x4002, CAPTURE_COMPLETE = 0x400D };
enum { UINT8 = 2, UINT16 = 4, UINT32 = 6, STRING = 0xffff };
enum { NIKON = 0xa, FUJI = 0xe };    /* PTP's numbers of vendors */
enum { BATTERY = 0x5001, QUALITY = 0x5004, ISO = 0x500F, ARTIST = 0xD072, LENS = 0xD0E0,
       PRIORITY = 0xD207, RELEASES = 0xD310, FUJI_LENS = 0xD36D, PC_MODE = 0xD38C };
enum { JPEG_FINE = 2, RAW = 4 };    /* Of QUALITY, as Nikon counts: from RAW on there is a RAW file, above it a JPEG too. */
enum { THUMB_FORMAT = 12 + 12, JFIF = 0x3808 };    /* of an object's dataset, behind the container's header */

enum { CLOCK_BEHIND_S = 3600 };    /* The camera's clock is its own: its files tell another time than this machine. */

static int current;    /* the body that was opened last */

/* ---- Control files ---- */

const char *control (int body, const char *name)
{
    static __thread char path[4096];
    const char *dir = getenv ("VCAMERA_CTL");

    snprintf (path, sizeof path, "%s/%s%s", dir ? dir : "/nonexistent", body ? "second/" : "", name);
    return path;
}

bool present (int body, const char *name)
{
    return access (control (body, name), F_OK) == 0;
}

static bool line (int body, const char *name, char *text, int size)
{
    FILE *file = fopen (control (body, name), "r");
    bool is_there;

    if (!file)
        return false;
    is_there = fgets (text, size, file) != NULL;
    fclose (file);
    if (is_there)
        text[strcspn (text, "\n")] = '\0';
    return is_there;
}

long number (int body, const char *name, int base, long none)
{
    char text[32];

    return line (body, name, text, sizeof text) ? strtol (text, NULL, base) : none;
}

static void keep (int body, const char *name, const char *text)
{
    FILE *file = fopen (control (body, name), "w");

    if (!file)
        return;
    fputs (text, file);
    fclose (file);
}

bool exists (int body)
{
    return body == 0 || present (body, "store");
}

static const char *store (void)
{
    return current ? control (current, "store") : getenv ("VCAMERADIR");
}

/* ---- Properties ---- */

/* Each is kept in the control file `property-CODE`, and may be written there by a test too. */
static const struct property {
    int code, type;
    bool settable;
    int vendor, value, count, choices[8];
} properties[] = {
    { BATTERY, UINT8, false, 0, 50 },
    { QUALITY, UINT8, true, NIKON, JPEG_FINE, 7, { 0, 1, 2, 4, 5, 6, 7 } },
    { ISO, UINT16, true, NIKON, 100, 5, { 100, 200, 400, 800, 1600 } },
    { ARTIST, STRING, true, NIKON },
    { LENS, UINT8, false, NIKON, 147 },
    { PRIORITY, UINT16, true, FUJI, 1 },
    { PC_MODE, UINT16, true, FUJI, 0 },
    { RELEASES, UINT32, false, FUJI },
    { FUJI_LENS, STRING, false, FUJI },
};
enum { PROPERTIES = sizeof properties / sizeof *properties };

static int vendor (void)
{
    return present (current, "fuji") ? FUJI : NIKON;
}

static bool has (const struct property *property)
{
    return !property->vendor || property->vendor == vendor ();
}

static const struct property *property_of (unsigned code)
{
    for (int at = 0; at < PROPERTIES; at++)
        if (properties[at].code == code && has (&properties[at]))
            return &properties[at];
    return NULL;
}

static const char *file_of (const struct property *property)
{
    static char name[32];

    snprintf (name, sizeof name, "property-%04x", property->code);
    return name;
}

static long value_of (const struct property *property)
{
    return number (current, file_of (property), 10, property->value);
}

static int put_value (unsigned char *data, const struct property *property)
{
    char text[64] = "";

    switch (property->type) {
    case UINT8:
        return put_8bit_le (data, value_of (property));
    case UINT16:
        return put_16bit_le (data, value_of (property));
    case UINT32:
        return put_32bit_le (data, value_of (property) << 16);    /* as Fuji counts releases */
    default:
        line (current, file_of (property), text, sizeof text);
        return put_string (data, *text ? text : NULL);
    }
}

static int answer (vcamera *cam, int operation, unsigned char *data, int size)
{
    ptp_senddata (cam, operation, data, size);
    ptp_response (cam, PTP_RC_OK, 0);
    return 1;
}

static int get_prop_desc (vcamera *cam, ptpcontainer *ptp)
{
    const struct property *property = property_of (ptp->params[0]);
    unsigned char data[512];
    int x = 0;

    if (!property)
        return ptp_getdevicepropdesc_write (cam, ptp);
    CHECK_SEQUENCE_NUMBER ();
    CHECK_SESSION ();
    x += put_16bit_le (data + x, property->code);
    x += put_16bit_le (data + x, property->type);
    x += put_8bit_le (data + x, property->settable);
    x += put_value (data + x, property);    /* factory default */
    x += put_value (data + x, property);
    if (property->code == BATTERY) {
        x += put_8bit_le (data + x, 1);    /* a range */
        x += put_8bit_le (data + x, 0);
        x += put_8bit_le (data + x, 100);
        x += put_8bit_le (data + x, 1);
    } else if (property->count) {
        x += put_8bit_le (data + x, 2);    /* a list of choices */
        x += put_16bit_le (data + x, property->count);
        for (int at = 0; at < property->count; at++)
            x += property->type == UINT8 ? put_8bit_le (data + x, property->choices[at])
                                         : put_16bit_le (data + x, property->choices[at]);
    } else {
        x += put_8bit_le (data + x, 0);
    }
    return answer (cam, GET_PROP_DESC, data, x);
}

static int get_prop_value (vcamera *cam, ptpcontainer *ptp)
{
    const struct property *property = property_of (ptp->params[0]);
    unsigned char data[256];

    if (!property)
        return ptp_getdevicepropvalue_write (cam, ptp);
    CHECK_SEQUENCE_NUMBER ();
    CHECK_SESSION ();
    return answer (cam, GET_PROP_VALUE, data, put_value (data, property));
}

static int set_prop_value (vcamera *cam, ptpcontainer *ptp)
{
    /* The value comes with the next transfer. */
    return property_of (ptp->params[0]) ? 1 : ptp_setdevicepropvalue_write (cam, ptp);
}

static int set_prop_value_data (vcamera *cam, ptpcontainer *ptp, unsigned char *data, unsigned int size)
{
    const struct property *property = property_of (ptp->params[0]);
    char text[64];

    if (!property)
        return ptp_setdevicepropvalue_write_data (cam, ptp, data, size);
    if (!property->settable) {
        ptp_response (cam, PTP_RC_AccessDenied, 0);
        return 1;
    }
    if (property->type == STRING)
        snprintf (text, sizeof text, "%s", get_string (data));
    else
        snprintf (text, sizeof text, "%d", property->type == UINT8 ? get_8bit_le (data) : get_16bit_le (data));
    if (!present (current, "stubborn"))
        keep (current, file_of (property), text);
    ptp_response (cam, PTP_RC_OK, 0);
    return 1;
}

static int get_device_info (vcamera *cam, ptpcontainer *ptp)
{
    unsigned char data[2048];
    uint16_t codes[64], events[] = { 0x4002, 0x4003, 0x4006, 0x400a, 0x400d }, formats[] = { 0x3801 };
    char serial[64] = "1";
    int x = 0, count = 0, at, of;

    if (ptp->seqnr != 0 && ptp->seqnr != cam->seqnr) {
        ptp_response (cam, PTP_RC_GeneralError, 0);
        return 1;
    }
    x += put_16bit_le (data + x, 100);
    x += put_32bit_le (data + x, vendor ());
    x += put_16bit_le (data + x, 100);
    x += put_string (data + x, "G-V: 1.0;");
    x += put_16bit_le (data + x, 0);
    for (of = 0; of < sizeof ptp_functions / sizeof *ptp_functions; of++)
        for (at = 0; at < ptp_functions[of].nroffunctions; at++)
            codes[count++] = ptp_functions[of].functions[at].code;
    x += put_16bit_le_array (data + x, codes, count);
    x += put_16bit_le_array (data + x, events, sizeof events / sizeof *events);
    count = 0;
    for (at = 0; at < PROPERTIES; at++)
        if (has (&properties[at]))
            codes[count++] = properties[at].code;
    for (at = 0; at < sizeof ptp_properties / sizeof *ptp_properties; at++)
        if (!property_of (ptp_properties[at].code))
            codes[count++] = ptp_properties[at].code;
    x += put_16bit_le_array (data + x, codes, count);
    x += put_16bit_le_array (data + x, formats, 1);
    x += put_16bit_le_array (data + x, formats, 1);
    line (current, "serial", serial, sizeof serial);
    x += put_string (data + x, "GP");
    x += put_string (data + x, "VC");
    x += put_string (data + x, "2.5.11");
    x += put_string (data + x, serial);
    return answer (cam, GET_DEVICE_INFO, data, x);
}

/* ---- The card ---- */

/* `card`: label, capacity and free space in KB. While it is there, pictures stay on the card, and are really deleted. */
static int get_storage_info (vcamera *cam, ptpcontainer *ptp)
{
    char text[128], label[64] = "";
    long capacity = 0, left = 0;
    unsigned char data[512];
    int x = 0;

    if (!line (current, "card", text, sizeof text) || sscanf (text, "%63s %ld %ld", label, &capacity, &left) != 3)
        return ptp_getstorageinfo_write (cam, ptp);
    CHECK_SEQUENCE_NUMBER ();
    CHECK_SESSION ();
    x += put_16bit_le (data + x, 4);    /* removable RAM */
    x += put_16bit_le (data + x, 3);
    x += put_16bit_le (data + x, 0);
    x += put_64bit_le (data + x, 1024ull * capacity);
    x += put_64bit_le (data + x, 1024ull * left);
    x += put_32bit_le (data + x, 0xffffffff);
    x += put_string (data + x, "");
    x += put_string (data + x, label);
    return answer (cam, GET_STORAGE_INFO, data, x);
}

static struct ptp_dirent *entry_named (const char *name, struct ptp_dirent *parent)
{
    for (struct ptp_dirent *entry = first_dirent; entry; entry = entry->next)
        if (!strcmp (entry->name, name) && (!parent || entry->parent == parent))
            return entry;
    return NULL;
}

static struct ptp_dirent *entry_of (unsigned id)
{
    for (struct ptp_dirent *entry = first_dirent; entry; entry = entry->next)
        if (entry->id == id)
            return entry;
    return NULL;
}

static bool copy (const char *from, const char *to)
{
    char block[65536];
    FILE *source = fopen (from, "r"), *target = fopen (to, "w");
    size_t size;

    if (source && target)
        while ((size = fread (block, 1, sizeof block, source)) > 0)
            fwrite (block, 1, size, target);
    if (source)
        fclose (source);
    if (target)
        fclose (target);
    return source && target;
}

static int highest_number (struct ptp_dirent *folder)
{
    int highest = 98, number;

    for (struct ptp_dirent *entry = first_dirent; entry; entry = entry->next)
        if (entry->parent == folder && sscanf (entry->name, "GPH_%d.", &number) == 1 && number > highest)
            highest = number;
    return highest;
}

/* A new picture in the folder: the template's bytes under the next number. */
static struct ptp_dirent *add_picture (struct ptp_dirent *template, int number)
{
    struct ptp_dirent *entry = calloc (1, sizeof *entry);
    char name[32], path[4096];

    snprintf (name, sizeof name, "GPH_%04d%s", number, strrchr (template->name, '.'));
    snprintf (path, sizeof path, "%s/%s", template->parent->fsname, name);
    entry->id = ++ptp_objectid;
    entry->name = strdup (name);
    entry->fsname = strdup (template->fsname);
    entry->stbuf = template->stbuf;
    entry->parent = template->parent;
    if (present (current, "card") && copy (template->fsname, path)) {
        struct utimbuf taken = { time (NULL) - CLOCK_BEHIND_S, time (NULL) - CLOCK_BEHIND_S };

        utime (path, &taken);
        entry->fsname = strdup (path);
        stat (path, &entry->stbuf);
    }
    entry->next = first_dirent;
    first_dirent = entry;
    return entry;
}

static int initiate_capture (vcamera *cam, ptpcontainer *ptp)
{
    struct ptp_dirent *jpeg = entry_named ("IMG_0001.JPG", NULL), *raw = entry_named ("IMG_0001.NEF", NULL);
    long quality = value_of (property_of (QUALITY)), second_ms = number (current, "second-ms", 10, 110);
    int next;

    if (!jpeg)
        return ptp_initiatecapture_write (cam, ptp);
    CHECK_SEQUENCE_NUMBER ();
    CHECK_SESSION ();
    CHECK_PARAM_COUNT (2);
    next = highest_number (jpeg->parent) + 1;
    if (next > 9998) {
        ptp_response (cam, PTP_RC_StoreFull, 0);
        return 1;
    }
    if (quality < RAW || !raw)
        raw = NULL;
    else if (quality == RAW)
        jpeg = NULL;
    if (raw)
        ptp_inject_interrupt (cam, 100, OBJECT_ADDED, 1, add_picture (raw, next)->id, cam->seqnr);
    if (jpeg && !(raw && second_ms < 0))
        ptp_inject_interrupt (cam, raw ? second_ms : 100, OBJECT_ADDED, 1, add_picture (jpeg, next)->id, cam->seqnr);
    ptp_inject_interrupt (cam, 120, CAPTURE_COMPLETE, 0, 0, cam->seqnr);
    ptp_response (cam, PTP_RC_OK, 0);
    return 1;
}

/* A RAW file has a thumbnail, else libgphoto2 takes it for no picture and does not read it. */
static int get_object_info (vcamera *cam, ptpcontainer *ptp)
{
    struct ptp_dirent *entry = ptp->nparams > 0 ? entry_of (ptp->params[0]) : NULL;
    int before = cam->nrinbulk, done = ptp_getobjectinfo_write (cam, ptp);

    if (entry && strstr (entry->name, ".NEF") && cam->nrinbulk > before + THUMB_FORMAT + 2)
        put_16bit_le (cam->inbulk + before + THUMB_FORMAT, JFIF);
    return done;
}

static int delete_object (vcamera *cam, ptpcontainer *ptp)
{
    struct ptp_dirent *entry = ptp->nparams > 0 ? entry_of (ptp->params[0]) : NULL;

    if (present (current, "undeletable")) {
        ptp_response (cam, PTP_RC_ObjectWriteProtected, 0);
        return 1;
    }
    if (entry && present (current, "card") && S_ISREG (entry->stbuf.st_mode))
        unlink (entry->fsname);
    return ptp_deleteobject_write (cam, ptp);
}

/* ---- Into the driver ---- */

static void handle (int code, int (*write) (vcamera *, ptpcontainer *),
                    int (*write_data) (vcamera *, ptpcontainer *, unsigned char *, unsigned int))
{
    struct ptp_function *functions = ptp_functions_generic;

    for (int at = 0; at < sizeof ptp_functions_generic / sizeof *ptp_functions_generic; at++) {
        if (functions[at].code != code)
            continue;
        functions[at].write = write;
        functions[at].write_data = write_data;
    }
}

void body_open (int body)
{
    current = body;
    /* The driver reads a card once a process; here each opening finds what lies on the card of this body now. */
    first_dirent = NULL;
    ptp_objectid = 0;
    read_tree (VCAMERADIR);
    handle (GET_DEVICE_INFO, get_device_info, NULL);
    handle (GET_STORAGE_INFO, get_storage_info, NULL);
    handle (GET_OBJECT_INFO, get_object_info, NULL);
    handle (DELETE_OBJECT, delete_object, NULL);
    handle (INITIATE_CAPTURE, initiate_capture, NULL);
    handle (GET_PROP_DESC, get_prop_desc, NULL);
    handle (GET_PROP_VALUE, get_prop_value, NULL);
    handle (SET_PROP_VALUE, set_prop_value, set_prop_value_data);
}
