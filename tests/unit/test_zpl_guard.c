/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "drivers/printer/zpl_guard.h"

struct row {
        const char *zpl;
        size_t len;         /* 0: a text */
        const char *reason; /* NULL: passes */
};

#define BYTES(text) text, sizeof(text) - 1

static void labels_pass_and_the_rest_is_named(void **state) {
        static const struct row rows[] = {
                { BYTES("^XA^FO20,20^A0N,30,30^FDhello^FS^XZ"), NULL },
                { BYTES("\r\n^xa^fo1,1^fdlower^fs^xz\r\n^XA^XZ\n"), NULL },
                /* as carriers send them */
                { BYTES("^XA^CF,0,0,0^PR12^MD30^PW800^POI^CI13^LH0,20^FO12,139^GB753,2,2^FS^XZ"),
                  NULL },
                { BYTES("^XA^LRN^MNY^MFN,N^LH10,12^MCY^POI^PW812^CI27^BY2^BCN,103,N,N^FD1Z^FS^XZ"),
                  NULL },
                { BYTES("~DGR:LOGO.GRF,8,1,FF00FF00FF00FF00^XA^XGR:LOGO.GRF,1,1^FS^XZ"), NULL },
                { BYTES("^XA^GFB,3,3,1,^~\x00^FS^XZ"), NULL },
                { BYTES("^XA^GFA,4,4,1,FFFFFFFF^FS^XZ"), NULL },
                { BYTES("~DYR:A,B,G,3,1,^XA^XA^XZ"), NULL },
                { BYTES("^CC$$XA$FDx^y$FS$XZ$CC^^XA^XZ"), NULL },
                { BYTES("^XA^CT!^FDa~b^FS!CT~^XZ"), NULL },
                /* what reconfigures, resets, stores or asks */
                { BYTES("^XA^JUS^XZ"), "^JU at 4: it is no label command" },
                { BYTES("^XA^FDx^FS^XZ~JR"), "~JR at 14: it acts on the printer itself" },
                { BYTES("~HS^XA^XZ"), "~HS at 1: it acts on the printer itself" },
                { BYTES("^XA^NDx^XZ"), "^ND at 4: it is no label command" },
                { BYTES("^XA^KP1234^XZ"), "^KP at 4: it is no label command" },
                { BYTES("^XA^SXA,A^XZ"), "^SX at 4: it is no label command" },
                { BYTES("~SD15^XA^XZ"), "~SD at 1: it acts on the printer itself" },
                { BYTES("~DYE:A,B,G,3,1,abc"),
                  "~DY at 1: it stores into the printer; only R: is for labels" },
                { BYTES("^XA^DFE:A.ZPL^XZ"),
                  "^DF at 4: it stores into the printer; only R: is for labels" },
                { BYTES("! U1 setvar \"device.reset\" \"\"\r\n"),
                  "! U1 setvar at 1: it acts on the printer itself" },
                { BYTES("^XA^XZ! U1 do \"device.reset\" \"\""),
                  "! U1 do at 7: it acts on the printer itself" },
                { BYTES("^XA^FDx! u1 SetVar \"a\" \"b\"^FS^XZ"),
                  "! u1 SetVar at 8: it acts on the printer itself" },
                { BYTES("! U getvar \"a\" END ^XA^XZ"),
                  "! U getvar at 1: it acts on the printer itself" },
                { BYTES("! U1 ^XA^XZ"), "at 1: byte 21 outside of ^XA … ^XZ" },
                { BYTES("! UTILITIES\r\nGAP-SENSE\r\nPRINT\r\n"), "at 1: byte 21 outside of ^XA … ^XZ" },
                { BYTES("^XA^FDSALE! U1 SAVE! USA! U^FS^XZ"), NULL },
                { BYTES("\x1b%-12345X@PJL\r\n"), "at 1: byte 1B outside of ^XA … ^XZ" },
                { BYTES("^XA^XZGARBAGE"), "at 7: byte 47 outside of ^XA … ^XZ" },
                { BYTES("~DGR:A.GRF,1,1,FF! U1 do\"x\" ^XA^XZ"),
                  "~DG at 1: its data hold \"! U\", another language" },
                { BYTES("N\nq812\n"), "at 1: byte 4E outside of ^XA … ^XZ" },
                /* STX and ETX are ^XA and ^XZ */
                { BYTES("^XA^FDx\x03! U1 do \"device.reset\" \"\"\r\n^XZ"),
                  "at 8: byte 03 stands for ^XZ" },
                { BYTES("^XA^FDx\x02^XZ"), "at 8: byte 02 stands for ^XA" },
                { BYTES("\x02^FDx\x03"), "at 1: byte 02 outside of ^XA … ^XZ" },
                { BYTES("~DGR:A.GRF,1,1,\x03^XA^XZ"), "at 16: byte 03 stands for ^XZ" },
                { BYTES("^XA^GFB,3\x03,3,1,abc^XZ"), "^GF at 4: its binary data are not whole" },
                { BYTES("^XA^GFB,2,2,1,\x02\x03^FS^XZ"), NULL },
                { BYTES("^XA^TOR:A.GRF,E:A.GRF^XZ"), "^TO at 4: it is no label command" },
                { BYTES("^XA^IDE:*.*^FS^XZ"),
                  "^ID at 4: it stores into the printer; only R: is for labels" },
                { BYTES("~DUE:F.FNT,4,xxxx^XA^XZ"),
                  "~DU at 1: it stores into the printer; only R: is for labels" },
                { BYTES("^XA^JSN^XZ"), "^JS at 4: it is no label command" },
                { BYTES("^XA^MPE^XZ"), "^MP at 4: it is no label command" },
                { BYTES("^XA^SC9600^XZ"), "^SC at 4: it is no label command" },
                { BYTES("^XA^HH^XZ"), "^HH at 4: it is no label command" },
                { BYTES("^XA^HV1,8^XZ"), "^HV at 4: it is no label command" },
                { BYTES("^XA^WDE:^XZ"), "^WD at 4: it is no label command" },
                { BYTES("^XA~JA^XZ"), "~JA at 4: it acts on the printer itself" },
                { BYTES("~HQES^XA^XZ"), "~HQ at 1: it acts on the printer itself" },
                { BYTES("^XA^FH\\^FD\\5EJUS \\7EJR^FS^XZ"), NULL }, /* escaped, it is text */
                { BYTES("^XA^FV^FS^FD~JR^FS^XZ"), "~JR at 13: it acts on the printer itself" },
                /* ^CC and its like: no character may mean two things */
                { BYTES("^XA^CC~~XZ"), "^CC at 4: the new character has a meaning already" },
                { BYTES("^XA^CT^^XZ"), "^CT at 4: the new character has a meaning already" },
                { BYTES("^XA^CD^^XZ"), "^CD at 4: the new character has a meaning already" },
                { BYTES("~CC^~CT~~CD,^XA^XZ"), NULL },
                { BYTES("~CC$$XA$JR$XZ$CC^"), "^JR at 8: it is no label command" },
                { BYTES("^XA^CD;^GFB;3;3;1;^XZ^CD,^XZ"), NULL },
                /* compressed is raw, too */
                { BYTES("^XA^GFC,4,9,1,^JU~^FS^XZ"), NULL },
                { BYTES("^XA^GFC,99,9,1,x^JUS^XZ"), "^GF at 4: its binary data are not whole" },
                { BYTES("^XA^GFA,8,8,1,:Z64:eNr7/x8G:8f39^FS^XZ"), NULL },
                { BYTES("^XA^SEE:GB18030.DAT^FS^CI26^FDx^FS^XZ"), NULL },
                /* hidden behind other prefixes, binary lengths, ends */
                { BYTES("^CC$$XA$JUS$XZ"), "^JU at 8: it is no label command" },
                { BYTES("^XA^CT!!JR^XZ"), "~JR at 8: it acts on the printer itself" },
                { BYTES("^XA^CC$$XZ"),
                  "at the end: a prefix stays changed, and the next label would "
                  "not be understood" },
                { BYTES("^XA^GFB,99,99,1,x^JUS^XZ"), "^GF at 4: its binary data are not whole" },
                { BYTES("~DYR:A,B,G,7,0^XA^JUS^XZ,^XA^XZ"),
                  "~DY at 1: its binary data are not whole" }, /* no hiding place */
                { BYTES("^XA^GFB,3,3^JUS,1,abc^XZ"), "^GF at 4: its binary data are not whole" },
                { BYTES("^XA^GFB,-1,1,1,x^XZ"), "^GF at 4: its binary data are not whole" },
                { BYTES("^XA^FDx"), "at the end: the last label has no ^XZ" },
                { BYTES("^XA^"), "^ at 4: a command of two characters is cut short" },
                { BYTES("^XA^CC"), "^CC at 4: the new character is missing" },
                { BYTES("^XA^CC\x01^XZ"), "^CC at 4: the new character must be a printing one" },
                { BYTES(""), NULL },
        };

        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct slice zpl = { (const uint8_t *)rows[i].zpl, rows[i].len };
                char reason[ZPL_REASON_SIZE] = "";
                int r = zpl_guard(zpl, reason);

                assert_int_equal(r, rows[i].reason ? ZPL_REFUSED : 0);
                assert_string_equal(reason, rows[i].reason ? rows[i].reason : "");
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(labels_pass_and_the_rest_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
