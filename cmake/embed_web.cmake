# cmake -DDIST=web/dist -DOUT=web_assets.S -P embed_web.cmake: all files of the UI as data in the binary, with a table
# (path, begin, end) that src/server/assets.cc reads.
file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
set(data "\t.section .rodata\n")
set(table "\t.section .data.rel.ro,\"aw\"\n\t.balign 8\n\t.global pharos_web_assets\npharos_web_assets:\n")
set(n 0)
foreach(file ${files})
  string(APPEND data "path_${n}: .asciz \"/${file}\"\nbegin_${n}: .incbin \"${DIST}/${file}\"\nend_${n}:\n")
  string(APPEND table "\t.quad path_${n}, begin_${n}, end_${n}\n")
  math(EXPR n "${n} + 1")
endforeach()
string(APPEND table "\t.quad 0, 0, 0\n\t.section .note.GNU-stack,\"\",@progbits\n")
file(WRITE ${OUT} "${data}${table}")
