#include "base/util.h"
#include "detection/output/report_spill.h"

#include "base/fsutil.h"

void report_spill_init(report_spill *s)
{
    *s = (report_spill){.fd = -1};
}

void report_spill_deinit(report_spill *s)
{
    util_auto_close(&s->fd);
    report_spill_init(s);
}

static bool begin(report_spill *s, const result_place *p, err *e)
{
    AUTO_FREE char *temp = NULL;
    AUTO_FREE char *path = xasprintf("%s/%s" JOB_REPORT_SUFFIX, p->report_dir, p->job_id);
    if (!result_folder_make(&p->access, p->report_dir, p->own_report_dir, e))
        return false;
    s->fd = result_file_create(&p->access, path, p->input_mode, &temp, e);
    fs_temp_discard(&temp);
    return s->fd >= 0;
}

bool report_spill_add(report_spill *s, const result_place *place, slice lines, err *e)
{
    if (s->fd < 0 && !begin(s, place, e))
        return false;
    if (!fs_write_all(s->fd, lines.data, lines.len, e))
        return err_context(e, "report lines of job %s", place->job_id);
    s->len += lines.len;
    return true;
}
